// SPDX-License-Identifier: Apache-2.0

package network

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// families are the programs' prefixes for IPv4 and IPv6; the kubelet leaves chains in both.
var families = []string{"iptables", "ip6tables"}

// cniChain matches the chain that the ptp plugin makes for one pod's masquerading.
var cniChain = regexp.MustCompile(`-j (CNI-[0-9a-f]{24})\b`)

// CleanRules removes the chains of kube-proxy and the kubelet, and those the CNI plugin made for
// pods of the named network, with all rules that lead to them.
func CleanRules(ctx context.Context, network string) error {
	var failed error
	for _, family := range families {
		if _, err := exec.LookPath(family + "-save"); err != nil {
			continue
		}
		saved, err := exec.CommandContext(ctx, family+"-save").Output()
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("reading %s: %w", family, err))
			continue
		}
		script := cleaning(string(saved), network)
		if script == "" {
			continue
		}
		cmd := exec.CommandContext(ctx, family+"-restore", "--noflush")
		cmd.Stdin = strings.NewReader(script)
		if output, err := cmd.CombinedOutput(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("cleaning %s: %w: %s", family, err, output))
		}
	}
	return failed
}

// CountRules counts the chains that CleanRules would remove.
func CountRules(ctx context.Context, network string) int {
	count := 0
	for _, family := range families {
		if saved, err := exec.CommandContext(ctx, family+"-save").Output(); err == nil {
			count += strings.Count(cleaning(string(saved), network), "\n-X ")
		}
	}
	return count
}

// cleaning turns the output of iptables-save into the input of iptables-restore that removes what
// is ours; it is empty when nothing is.
func cleaning(saved, network string) string {
	var script strings.Builder
	for table := range strings.SplitSeq(saved, "\n*") {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimLeft(stripComments(table), "\n"), "*"), "\n")
		chains := ours(table, network)
		if len(chains) == 0 {
			continue
		}
		fmt.Fprintf(&script, "*%s\n", name)
		// Naming a chain empties it, so chains of ours may refer to each other.
		for _, c := range chains {
			fmt.Fprintf(&script, ":%s - [0:0]\n", c)
		}
		for line := range strings.Lines(table) {
			if rule, ok := leadsTo(strings.TrimSpace(line), chains); ok {
				fmt.Fprintf(&script, "-D %s\n", rule)
			}
		}
		for _, c := range chains {
			fmt.Fprintf(&script, "-X %s\n", c)
		}
		script.WriteString("COMMIT\n")
	}
	return script.String()
}

func stripComments(table string) string {
	var kept strings.Builder
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "#") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// ours lists the chains of one table that a cluster made.
func ours(table, network string) []string {
	var chains []string
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, ":KUBE-") {
			name, _, _ := strings.Cut(line[1:], " ")
			chains = append(chains, name)
		}
		m := cniChain.FindStringSubmatch(line)
		if m != nil && strings.HasPrefix(line, "-A POSTROUTING ") && strings.Contains(line, `name: \"`+network+`\"`) {
			chains = append(chains, m[1])
		}
	}
	return chains
}

// leadsTo returns the rule without "-A " when it is in a chain of others and leads to one of ours.
func leadsTo(line string, chains []string) (string, bool) {
	rule, ok := strings.CutPrefix(line, "-A ")
	if !ok {
		return "", false
	}
	leads := false
	for _, c := range chains {
		if strings.HasPrefix(rule, c+" ") {
			return "", false
		}
		leads = leads || strings.Contains(rule+" ", " -j "+c+" ")
	}
	return rule, leads
}
