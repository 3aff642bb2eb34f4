// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"workstream.dev/operator/internal/compile"
	"workstream.dev/operator/internal/distributor"
	"workstream.dev/operator/internal/telemetry"
)

// defaultData is where serve keeps its journal, in the folder where it is called.
const defaultData = ".workstream"

// serving is one call of serve.
type serving struct {
	app  *app
	from sources

	listen, adminListen string
	data, credentials   string
	logLevel            string
	dev                 bool

	distributor *distributor.App
	local       *localIssuer // with dev
	namespace   string
	version     string // of the plan in force
	broken      bool   // the files have problems since
}

func newServe(a *app) *cobra.Command {
	s := &serving{app: a}
	cmd := &cobra.Command{
		Use:   "serve -f FILE|FOLDER...",
		Short: "Run a distributor on a folder of manifests, without a cluster",
		Long: `Run a distributor on a folder of manifests, without a cluster.

It is the distributor that runs in pods: the same plan, engine, API and journal, which survives a restart with the folder --data.
A change of the files acts at once. While they have problems these are printed as lint prints them, and the last good plan
stays in force.

Whose tokens count is what the Distributor object of the files says. The keys of issuers and the signing secrets of channels are
files in --credentials, one for each key of a Secret: SECRET.KEY, as contoso-web.signingSecret.

To try it out, --dev makes what is missing: a local issuer that stands in for those of the Distributor object, tokens of it for
each agent, a supervisor and an integration, and signing secrets for channels. It is for this machine only: another address
than a loopback one is refused.`,
		Example: `  kubectl workstream serve -f config/samples/contoso --dev
  kubectl workstream serve -f routing/ --credentials /run/secrets/workstream --data /var/lib/workstream --listen :8080`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context()) },
	}
	s.from.bind(cmd, a)
	cmd.Flags().StringVar(&s.listen, "listen", "127.0.0.1:8080", "address of the API; port 0: a free one")
	cmd.Flags().StringVar(&s.adminListen, "admin-listen", "127.0.0.1:0", "address of health, readiness and metrics")
	cmd.Flags().StringVar(&s.data, "data", defaultData, "folder of the journal; it is made, and kept at the end")
	cmd.Flags().StringVar(&s.credentials, "credentials", "", "folder of credentials; unset: credentials in the folder of --data")
	cmd.Flags().StringVar(&s.logLevel, "log-level", "warn", "what the distributor tells on stderr: debug, info, warn or error")
	cmd.Flags().BoolVar(&s.dev, "dev", false, "make tokens and secrets for trying out, on a loopback address only")
	_ = cmd.MarkFlagRequired("filename")
	_ = cmd.MarkFlagDirname("data")
	_ = cmd.MarkFlagDirname("credentials")
	cmd.MarkFlagsMutuallyExclusive("dev", "credentials")
	_ = cmd.Flags().MarkHidden("over-cluster")
	return cmd
}

func (s *serving) run(ctx context.Context) error {
	if s.from.overCluster {
		return errors.New("--over-cluster: serve works on files only")
	}
	if err := s.prepare(); err != nil {
		return err
	}
	s.from.except = s.data
	out, err := s.compile(ctx)
	if err != nil {
		return err
	}
	changes, err := watchFiles(ctx, s.from.files, s.from.recursive, s.data)
	if err != nil {
		return err
	}
	if err := s.start(ctx, out); err != nil {
		return err
	}
	s.tell(out)
	for {
		select {
		case <-ctx.Done():
			_, _ = fmt.Fprintln(s.app.Out, "Stopping.")
			return s.distributor.Stop(context.WithoutCancel(ctx))
		case err := <-s.distributor.Failed():
			return errors.Join(err, s.distributor.Stop(context.WithoutCancel(ctx)))
		case <-changes:
			s.reload(ctx)
		}
	}
}

// prepare makes the folder of data, with what dev needs.
func (s *serving) prepare() error {
	if s.dev {
		for flag, address := range map[string]string{"listen": s.listen, "admin-listen": s.adminListen} {
			if !loopback(address) {
				return fmt.Errorf("--%s %q: with --dev only a loopback address is served, as 127.0.0.1:8080: "+
					"whoever can read its folder can be anybody", flag, address)
			}
		}
	}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	// What is in it is nothing for a repository.
	if ignore := filepath.Join(s.data, ".gitignore"); s.data == defaultData {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return fmt.Errorf("--data: %w", err)
		}
	}
	if s.credentials == "" {
		s.credentials = filepath.Join(s.data, "credentials")
	}
	if s.dev {
		var err error
		s.local, err = newLocalIssuer(s.data, s.credentials)
		return err
	}
	return nil
}

// loopback reports whether only this machine can reach an address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// compile makes the plan of the files. What is wrong with them has been printed when the error is errFindings.
func (s *serving) compile(ctx context.Context) (*compile.Output, error) {
	w, err := s.from.load(ctx)
	if err != nil {
		return nil, err
	}
	if s.app.problems(w) > 0 {
		return nil, errFindings
	}
	space, err := w.only()
	if err != nil {
		return nil, err
	}
	if s.namespace != "" && space.Namespace != s.namespace {
		return nil, fmt.Errorf("the files are of namespace %s now, and %s is served: start again for another one",
			space.Namespace, s.namespace)
	}
	if s.local == nil {
		return space.Output, nil
	}
	out, err := compile.Compile(s.local.standIn(space.Input))
	if err != nil {
		return nil, err
	}
	return out, s.local.equip(out)
}

func (s *serving) start(ctx context.Context, out *compile.Output) error {
	log, err := telemetry.NewLogger(s.app.Err, s.logLevel)
	if err != nil {
		return err
	}
	s.namespace = out.Plan.Namespace
	s.distributor, err = distributor.New(distributor.Config{
		Namespace: s.namespace, Distributor: "serve", Replica: "serve", Listen: s.listen, AdminListen: s.adminListen,
		DataDir: filepath.Join(s.data, "journal"), CredentialsDir: s.credentials, Log: log,
	})
	if err != nil {
		return err
	}
	if err := s.distributor.Start(ctx); err != nil {
		return err
	}
	if s.dev && !loopback(s.distributor.Addr()) { // before a plan is in force nobody gets in
		err = fmt.Errorf("--listen %q is %s on this machine, which is no loopback address", s.listen, s.distributor.Addr())
	} else {
		err = s.activate(ctx, out)
	}
	if err != nil {
		return errors.Join(err, s.distributor.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

func (s *serving) activate(ctx context.Context, out *compile.Output) error {
	if err := s.distributor.Activate(ctx, out.Version, out.Body); err != nil {
		return fmt.Errorf("the plan is not taken: %w", err)
	}
	s.version = out.Version
	return nil
}

// reload has a change of the files act. After a problem the plan in force stays.
func (s *serving) reload(ctx context.Context) {
	out, err := s.compile(ctx)
	if err == nil && out.Version != s.version {
		err = s.activate(ctx, out)
		if err == nil {
			_, _ = fmt.Fprintf(s.app.Out, "Reloaded: %s.\n", summaryOf(out))
			s.warn(out)
			s.broken = false
			return
		}
	}
	switch {
	case ctx.Err() != nil:
	case err == nil && s.broken:
		_, _ = fmt.Fprintln(s.app.Out, "Reloaded: the files are as they were.")
		s.broken = false
	case err != nil:
		if !errors.Is(err, errFindings) {
			_, _ = fmt.Fprintf(s.app.Err, "error: %v\n", err)
		}
		_, _ = fmt.Fprintln(s.app.Err, "Not reloaded: the last good plan stays in force.")
		s.broken = true
	}
}

func summaryOf(out *compile.Output) string {
	p := out.Plan
	return strings.Join([]string{
		many(len(p.Workstreams), "workstream"), many(len(p.Queues), "queue"), many(len(p.Agents), "agent"),
	}, ", ")
}

// tell says what is served and where.
func (s *serving) tell(out *compile.Output) {
	p := s.app.page()
	url := "http://" + s.distributor.Addr()
	p.printf("Serving namespace %s: %s. The journal is in %s.\n", s.namespace, summaryOf(out), s.data)
	if s.local != nil {
		p.printf("%s\n", p.paint(yellow, "For trying out only: whoever reads these files can be anybody here."))
		rows := make([][]string, 1, 1+len(s.local.tokens)+len(s.local.secrets))
		rows[0] = []string{"  token of", "file"}
		for _, t := range s.local.tokens {
			rows = append(rows, []string{"  " + t.who, t.file})
		}
		for _, secret := range s.local.secrets {
			rows = append(rows, []string{"  webhooks of " + secret.channel, secret.file})
		}
		p.table(rows)
	}
	rows := make([][]string, 0, 3+len(out.Plan.Channels))
	rows = append(rows, []string{"  API", url + "/v1/namespaces/" + s.namespace}, []string{"  its document", url + "/openapi.yaml"})
	for i := range out.Plan.Channels {
		c := &out.Plan.Channels[i]
		rows = append(rows, []string{"  channel " + c.Name, url + "/webhooks/" + s.namespace + "/" + c.Custom.Address})
	}
	p.table(append(rows, []string{"  metrics", "http://" + s.distributor.AdminAddr() + "/metrics"}))
	s.warn(out)
	p.printf("Ready at %s\n", url)
	_ = p.flush(s.app.Out) // somebody who does not listen is served all the same
}

// warn says which credentials are missing, whose absence stops nothing but what needs them.
func (s *serving) warn(out *compile.Output) {
	for _, c := range out.Credentials {
		if _, err := os.Stat(filepath.Join(s.credentials, c.File())); err != nil {
			_, _ = fmt.Fprintf(s.app.Err, "warning: there is no %s: what needs it is answered 503 until it is there\n",
				filepath.Join(s.credentials, c.File()))
		}
	}
	if len(out.Plan.Issuers) == 0 {
		_, _ = fmt.Fprintln(s.app.Err, "warning: no Distributor object names an issuer (spec.auth.jwt): no agent can sign in;"+
			" to try things out, --dev makes an issuer")
	}
}
