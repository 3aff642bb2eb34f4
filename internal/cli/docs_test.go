// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"workstream.dev/operator/internal/event"
)

const document = "docs/cli.md"

var (
	consoleBlock = regexp.MustCompile("(?s)```console\n\\$ kubectl workstream ([^\n]*)\n(.*?)```\n")
	// withoutCluster are the commands whose examples can be run here.
	withoutCluster = regexp.MustCompile(`^(lint|test|explain) .*-f `)
)

// TestDocument runs the commands that the document shows; `-rewrite` writes what they print into it.
func TestDocument(t *testing.T) {
	t.Chdir("../..")
	body, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	got := consoleBlock.ReplaceAllStringFunc(string(body), func(block string) string {
		m := consoleBlock.FindStringSubmatch(block)
		if !withoutCluster.MatchString(m[1]) {
			return block
		}
		ran++
		out := run(t, "", strings.Fields(m[1])...)
		out = out[:strings.LastIndex(out, "exit ")]
		return "```console\n$ kubectl workstream " + m[1] + "\n" + out + "```\n"
	})
	if ran < 3 {
		t.Fatalf("only %d commands were found", ran)
	}
	if rewriting() {
		if err := os.WriteFile(document, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(body), got); diff != "" {
		t.Errorf("(-document +what is printed):\n%s", diff)
	}
}

// TestDocumentNamesEverything: flags, fields of tests and reasons of exclusion stand in the document.
func TestDocumentNamesEverything(t *testing.T) {
	body, err := os.ReadFile("../../" + document)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{
		"name", "workstream", "channel", "given", "at", "draw", "agents", "otherAgents", "waiting", "expect", "presence", "holds",
		"rules", "queue", "state", "priority", "attributes", "skills", "capacityProfiles", "candidates", "agent", "excluded",
	}
	for _, r := range []event.ExclusionReason{
		event.NotConnected, event.PresenceNotAllowed, event.Blocked, event.NoCapacity, event.NoSlot, event.SkillMissing,
		event.RatingTooLow, event.NeverForCustomer, event.DeclinedTooOften, event.CoolingOff,
	} {
		words = append(words, string(r))
	}
	for _, word := range words {
		if !strings.Contains(string(body), "`"+word) {
			t.Errorf("%s does not name %s", document, word)
		}
	}
}
