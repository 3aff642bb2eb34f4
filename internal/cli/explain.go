// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/view"
	"workstream.dev/operator/internal/whatif"
)

// explanation is what explain prints.
type explanation struct {
	Item     view.ItemView    `json:"item"`
	Trace    []view.TraceStep `json:"trace"`
	WaitsFor string           `json:"waitsFor,omitempty"`
	// Method, Agents, More and Candidates are of an item that could come.
	Method     plan.Method      `json:"method,omitempty"`
	Agents     []whatif.Verdict `json:"agents,omitempty"`
	More       int32            `json:"more,omitempty"`
	Candidates []string         `json:"candidates,omitempty"`
	// WhyNot answers --why-not.
	WhyNot *whatif.Verdict `json:"whyNot,omitempty"`

	given bool
}

func newExplain(a *app) *cobra.Command {
	var (
		from   sources
		server serverFlags
		out    = output{format: formatText, formats: []string{formatText, formatJSON, formatYAML}}
		given  string
		whyNot string
	)
	cmd := &cobra.Command{
		Use:   "explain (ITEM | --given FILE [-f FILE|FOLDER]...)",
		Short: "Say why an item is where it is, or what would become of one",
		Long: `Say why an item is where it is, or what would become of one that could come.

With ITEM the trace of an item of a running distributor. With --given what the objects of the files, of the cluster, or of
the files laid over the cluster would do with an item that a file describes: the rules that are tried, the queue, and of
each agent why they are offered it or not. It is the distributor's own engine that says so, in virtual time.`,
		Example: `  kubectl workstream explain 01985d7e-1f6c-7000-8000-000000000001 --why-not bob
  kubectl workstream explain --given gold.given.yaml -f config/
  echo '{workstream: chat, given: {context.tier: gold}}' | kubectl workstream explain --given - -f config/`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var e *explanation
			var err error
			switch {
			case given == "" && len(args) == 0:
				return errors.New("name an ITEM of a distributor, or with --given the file of an item that could come")
			case given != "" && len(args) > 0:
				return errors.New("only one of ITEM and --given can be explained at a time")
			case given != "":
				e, err = explainGiven(cmd.Context(), &from, given, whyNot)
			case len(from.files) > 0 || from.overCluster:
				return errors.New("-f and --over-cluster go with --given: an ITEM is explained by its distributor")
			default:
				e, err = explainItem(cmd.Context(), &server, args[0], whyNot)
			}
			if err != nil {
				return err
			}
			return a.print(&out, e, e.text)
		},
	}
	from.bind(cmd, a)
	server.bind(cmd, a)
	out.bind(cmd)
	cmd.Flags().StringVar(&given, "given", "", "file with an item that could come, - for stdin")
	cmd.Flags().StringVar(&whyNot, "why-not", "", "name of an agent: say why the item is not with them")
	_ = cmd.MarkFlagFilename("given", "yaml", "yml", "json")
	return cmd
}

// explainGiven lets an item come that a file describes.
func explainGiven(ctx context.Context, from *sources, file, whyNot string) (*explanation, error) {
	body, err := from.app.readFile(file)
	if err != nil {
		return nil, err
	}
	given, err := whatif.Decode(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	w, err := from.load(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.sound(); err != nil {
		return nil, err
	}
	s, err := w.only()
	if err != nil {
		return nil, err
	}
	plan, version := s.Output.Plan, s.Output.Version
	out, err := whatif.Run(plan, version, given, whatif.MaxCandidates)
	if err != nil {
		return nil, fmt.Errorf("%s: %w%s", file, err, s.absent(given))
	}
	e := &explanation{
		Item: out.Item, Trace: out.Trace, WaitsFor: out.Item.WaitsFor, Method: out.Method, Agents: out.Agents, More: out.More,
		Candidates: out.Candidates, given: true,
	}
	if whyNot != "" {
		v, err := whatif.WhyNot(plan, version, given, out, whyNot)
		if err != nil {
			return nil, fmt.Errorf("--why-not: %w", err)
		}
		e.WhyNot = &v
	}
	return e, nil
}

// absent says why the plan has not what an item names, although the files may have it.
func (s *space) absent(g *whatif.Given) string {
	for o := range s.Output.All() {
		if o.Absent != "" && (o.Kind == "Workstream" && o.Name == g.Workstream || o.Kind == "Channel" && o.Name == g.Channel) {
			return fmt.Sprintf(" (%s %s is not in it: %s; see lint)", o.Kind, o.Name, o.Absent)
		}
	}
	return ""
}

// explainItem asks a distributor for the trace of an item.
func explainItem(ctx context.Context, flags *serverFlags, id, whyNot string) (*explanation, error) {
	s, err := flags.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	e := &explanation{}
	path := "/items/" + url.PathEscape(id)
	if err := s.get(ctx, path, &e.Item); err != nil {
		return nil, err
	}
	var trace struct {
		Items    []view.TraceStep
		WaitsFor string
	}
	if err := s.get(ctx, path+"/trace", &trace); err != nil {
		return nil, err
	}
	e.Trace, e.WaitsFor = trace.Items, trace.WaitsFor
	if whyNot == "" {
		return e, nil
	}
	var agents struct{ Items []view.AgentView }
	if err := s.get(ctx, "/agents", &agents); err != nil {
		return nil, err
	}
	e.WhyNot, err = whyNotLive(e, agents.Items, whyNot)
	return e, err
}
