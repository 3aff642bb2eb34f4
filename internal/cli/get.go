// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// The formats of get that no other command has.
const (
	formatWide = "wide"
	formatName = "name"
)

const (
	// pollEvery is how often --watch asks for news.
	pollEvery = time.Second
	// pollErrors is how many requests in a row may fail while --watch waits.
	pollErrors = 30
	// pageOfItems is how many items are asked for at a time, the most that a distributor gives.
	pageOfItems = 500
)

// live is an object of a running distributor: its name, what it is as JSON, and its row.
type live struct {
	name string
	raw  map[string]any
	row  func(now time.Time) []string // all columns, those of wide last
}

// resource is a list that get shows.
type resource struct {
	name, one string // items, item
	head      []string
	wide      []string // more columns
	widths    []int    // of columns, at least, while rows come one by one
	decode    func(raw json.RawMessage) (*live, error)
}

// get is one call of the command.
type get struct {
	app    *app
	server serverFlags
	out    output
	what   *resource
	names  []string

	states                   []string
	queue, workstream, agent string
	all                      bool
	limit                    int
	watch                    bool
	told                     bool
}

func newGet(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get items|queues|agents",
		Short: "Show what is happening: items, queues and agents of a running distributor",
		Long: `Show what is happening: items, queues and agents of a running distributor.

The distributor is that of the namespace, reached through the cluster as kubectl port-forward does, or the one at --server.
Either asks for a token with the role Supervisor, of an issuer that its Distributor object names: see --token-file.
Lists never show what customers said or what is known of them; one item by its id shows its attributes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, r := range []*resource{items(), queues(), agents()} {
		cmd.AddCommand(newGetOf(a, r))
	}
	return cmd
}

func newGetOf(a *app, r *resource) *cobra.Command {
	g := &get{
		app: a, what: r,
		out: output{format: formatTable, formats: []string{formatTable, formatWide, formatJSON, formatYAML, formatName}},
	}
	cmd := &cobra.Command{
		Use:     r.name + " [NAME]...",
		Aliases: []string{r.one},
		Short:   "Show " + r.name,
		RunE: func(cmd *cobra.Command, args []string) error {
			g.names = args
			return g.run(cmd.Context())
		},
	}
	g.server.bind(cmd, a)
	g.out.bind(cmd)
	cmd.Flags().BoolVarP(&g.watch, "watch", "w", false, "go on, and print what changes")
	if r.name == "items" {
		cmd.Use = "items [ID]..."
		cmd.Flags().StringSliceVar(&g.states, "state", nil, "only items in these states: "+strings.Join(itemStates, ", "))
		complete(cmd, "state", itemStates)
		cmd.Flags().StringVar(&g.queue, "queue", "", "only items of this queue")
		cmd.Flags().StringVar(&g.workstream, "workstream", "", "only items of this workstream")
		cmd.Flags().StringVar(&g.agent, "agent", "", "only items of this agent")
		cmd.Flags().BoolVarP(&g.all, "all", "a", false, "closed items, too")
		cmd.Flags().IntVar(&g.limit, "limit", pageOfItems, "how many items at most, the newest first; 0: all")
		cmd.MarkFlagsMutuallyExclusive("all", "state")
	}
	return cmd
}

var itemStates = []string{"Open", "Active", "Waiting", "WrapUp", "Closed"}

func (g *get) run(ctx context.Context) error {
	for _, state := range g.states {
		if !slices.Contains(itemStates, state) {
			return fmt.Errorf("--state %q: there are %s", state, strings.Join(itemStates, ", "))
		}
	}
	if g.limit < 0 {
		return fmt.Errorf("--limit %d: a number from 0 on is expected", g.limit)
	}
	s, err := g.server.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	first, err := g.list(ctx, s, "")
	if err != nil {
		return err
	}
	if g.watch {
		return g.follow(ctx, s, first)
	}
	list := first.list
	if err := g.printAll(list); err != nil {
		return err
	}
	if len(list) == 0 && (g.out.format == formatTable || g.out.format == formatWide) {
		_, _ = fmt.Fprintf(g.app.Err, "No %s in namespace %s.\n", g.what.name, s.namespace)
	}
	return nil
}

// listing is what was asked for. Unless changed it is what the tag was of, and list is empty.
type listing struct {
	list    []*live
	tag     string
	changed bool
}

// list asks for what is to be shown, if that has changed since tag; an empty one asks in any case.
func (g *get) list(ctx context.Context, s *server, tag string) (*listing, error) {
	if g.what.name == "items" && len(g.names) > 0 {
		found, err := g.itemsByID(ctx, s)
		return &listing{found, "", true}, err
	}
	l := &listing{changed: true}
	query := g.query()
	for first := true; ; first = false {
		var page struct {
			Items    []json.RawMessage `json:"items"`
			Continue string            `json:"continue"`
		}
		of, fresh, err := s.getIfChanged(ctx, "/"+g.what.name, query, tag, &page)
		switch {
		case err != nil:
			return nil, err
		case !fresh:
			return &listing{tag: tag}, nil
		case first:
			l.tag, tag = of, "" // what changes while pages are read has another tag than the first
		}
		if l.list, err = g.decodeAll(l.list, page.Items); err != nil {
			return nil, err
		}
		full := g.limit > 0 && len(l.list) >= g.limit
		if full && page.Continue != "" {
			g.more()
		}
		if full || page.Continue == "" {
			break
		}
		query.Set("continue", page.Continue)
	}
	if g.limit > 0 && len(l.list) > g.limit {
		l.list = l.list[:g.limit]
	}
	var err error
	l.list, err = g.named(l.list)
	return l, err
}

// decodeAll appends the objects of a page to a list.
func (g *get) decodeAll(list []*live, page []json.RawMessage) ([]*live, error) {
	for _, raw := range page {
		o, err := g.what.decode(raw)
		if err != nil {
			return nil, fmt.Errorf("reading the answer of the distributor: %w", err)
		}
		list = append(list, o)
	}
	return list, nil
}

// more says, once, that not all is shown.
func (g *get) more() {
	if !g.told {
		_, _ = fmt.Fprintf(g.app.Err, "The newest %d items are shown; --limit 0 shows all.\n", g.limit)
	}
	g.told = true
}

func (g *get) query() url.Values {
	query := url.Values{}
	if g.what.name != "items" {
		return query
	}
	for name, value := range map[string]string{"queue": g.queue, "workstream": g.workstream, "agent": g.agent} {
		if value != "" {
			query.Set(name, value)
		}
	}
	states := g.states
	if len(states) == 0 && !g.all {
		states = itemStates[:len(itemStates)-1]
	}
	if len(states) > 0 {
		query.Set("state", strings.Join(states, ","))
	}
	size := pageOfItems
	if g.limit > 0 {
		size = min(size, g.limit)
	}
	query.Set("limit", strconv.Itoa(size))
	return query
}

// named chooses the objects that the command line names; one that is not there is an error, unless its coming is awaited.
func (g *get) named(list []*live) ([]*live, error) {
	if len(g.names) == 0 {
		return list, nil
	}
	var chosen []*live
	for _, name := range g.names {
		i := slices.IndexFunc(list, func(l *live) bool { return l.name == name })
		switch {
		case i >= 0:
			chosen = append(chosen, list[i])
		case !g.watch:
			return nil, fmt.Errorf("there is no %s %q", g.what.one, name)
		}
	}
	return chosen, nil
}

// itemsByID asks for each item alone, which shows all that is known of it in JSON and YAML.
func (g *get) itemsByID(ctx context.Context, s *server) ([]*live, error) {
	var found []*live
	for _, id := range g.names {
		var raw json.RawMessage
		if err := s.get(ctx, "/items/"+url.PathEscape(id), &raw); err != nil {
			return nil, err
		}
		l, err := g.what.decode(raw)
		if err != nil {
			return nil, fmt.Errorf("reading the answer of the distributor: %w", err)
		}
		if l.raw, err = object(raw); err != nil {
			return nil, err
		}
		found = append(found, l)
	}
	return found, nil
}

func object(raw json.RawMessage) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var o map[string]any
	return o, d.Decode(&o)
}

// printAll prints a list that is complete.
func (g *get) printAll(list []*live) error {
	raw := make([]map[string]any, len(list))
	for i, l := range list {
		raw[i] = l.raw
	}
	var v any = map[string]any{"items": raw}
	if g.what.name == "items" && len(g.names) == 1 {
		v = raw[0]
	}
	a := g.app
	return a.print(&g.out, v, func(p *page) {
		switch {
		case g.out.format == formatName:
			for _, l := range list {
				p.printf("%s/%s\n", g.what.one, l.name)
			}
		case len(list) > 0:
			p.table(g.rows(list, true))
		}
	})
}

func (g *get) rows(list []*live, head bool) [][]string {
	columns := len(g.what.head)
	if g.out.format == formatWide {
		columns += len(g.what.wide)
	}
	rows := make([][]string, 0, 1+len(list))
	if head {
		rows = append(rows, slices.Concat(g.what.head, g.what.wide)[:columns])
	}
	now := time.Now()
	for _, l := range list {
		rows = append(rows, l.row(now)[:columns])
	}
	return rows
}

// follow prints what there is, and then each object that comes, changes or goes, until ctx ends.
func (g *get) follow(ctx context.Context, s *server, first *listing) error {
	out := &lineTable{w: g.app.Out, widths: slices.Clone(g.what.widths)}
	known := map[string]*live{}
	show := func(list []*live) error { return g.printMore(out, list) }
	if err := show(first.list); err != nil {
		return err
	}
	for _, l := range first.list {
		known[l.name] = l
	}
	tag := first.tag
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for failed := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
		}
		next, err := g.list(ctx, s, tag)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && (lasting(err) || failed >= pollErrors):
			return err
		case err != nil:
			if failed++; failed == 1 {
				_, _ = fmt.Fprintf(g.app.Err, "warning: %v; trying again\n", err)
			}
			continue
		}
		failed = 0
		if !next.changed {
			continue
		}
		tag = next.tag
		if err := show(g.news(ctx, s, known, next.list)); err != nil {
			return err
		}
	}
}

// lasting reports whether asking again is of no use: a token that is refused, a namespace that is not served there.
func lasting(err error) bool {
	refused := (*answerError)(nil)
	return errors.As(err, &refused) && refused.Status >= 400 && refused.Status < 500 && refused.Status != http.StatusTooManyRequests
}

// news are the objects of now that known does not have as they are, and those that are no longer chosen, as they are now. known is
// changed to now.
func (g *get) news(ctx context.Context, s *server, known map[string]*live, now []*live) []*live {
	var list []*live
	there := make(map[string]bool, len(now))
	for _, l := range now {
		there[l.name] = true
		if old := known[l.name]; old == nil || !same(old.raw, l.raw) {
			list = append(list, l)
		}
		known[l.name] = l
	}
	var gone []string
	for name := range known {
		if !there[name] {
			gone = append(gone, name)
		}
	}
	slices.Sort(gone)
	for _, name := range gone {
		last := known[name]
		delete(known, name)
		var raw json.RawMessage
		if g.what.name == "items" && s.get(ctx, "/items/"+url.PathEscape(name), &raw) == nil {
			if l, err := g.what.decode(raw); err == nil {
				last = l
			}
		}
		list = append(list, last)
	}
	return list
}

func same(a, b map[string]any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// printMore prints objects of a watch: rows, or one JSON or YAML document each.
func (g *get) printMore(out *lineTable, list []*live) error {
	switch g.out.format {
	case formatJSON:
		for _, l := range list {
			if err := writeJSON(g.app.Out, l.raw); err != nil {
				return err
			}
		}
		return nil
	case formatYAML:
		for _, l := range list {
			body, err := yaml.Marshal(l.raw)
			if err != nil {
				return fmt.Errorf("writing YAML: %w", err)
			}
			if _, err := fmt.Fprintf(g.app.Out, "---\n%s", body); err != nil {
				return err
			}
		}
		return nil
	case formatName:
		for _, l := range list {
			if _, err := fmt.Fprintf(g.app.Out, "%s/%s\n", g.what.one, l.name); err != nil {
				return err
			}
		}
		return nil
	default:
		head := !out.begun
		out.begun = true
		return out.write(g.rows(list, head))
	}
}

// lineTable writes rows as they come. Columns are as wide as in the first rows, and grow.
type lineTable struct {
	w      io.Writer
	widths []int
	begun  bool
}

func (t *lineTable) write(rows [][]string) error {
	for _, row := range rows {
		for i, cell := range row {
			if i == len(t.widths) {
				t.widths = append(t.widths, 0)
			}
			t.widths[i] = max(t.widths[i], len([]rune(cell)))
		}
	}
	var b bytes.Buffer
	for _, row := range rows {
		for i, cell := range row {
			if i == len(row)-1 {
				b.WriteString(cell + "\n")
				continue
			}
			_, _ = fmt.Fprintf(&b, "%-*s   ", t.widths[i], cell)
		}
	}
	_, err := t.w.Write(b.Bytes())
	return err
}
