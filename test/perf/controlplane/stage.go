// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"workstream.dev/operator/controllers/dataplane"
	"workstream.dev/operator/internal/testkit/kubetest"
)

const (
	system    = "workstream-system"
	namespace = "contoso"
)

// stage is what is measured, with what it needs.
type stage struct {
	options *options
	dir     string
	env     *kubetest.Env
	client  client.WithWatch
	figures []figure

	manager, distributor *process
	feed                 string // address of the manager's plan feed
	activated            chan time.Time
}

// process is one that was started here.
type process struct {
	*exec.Cmd
	admin string         // address of its metrics and profiles
	said  sync.WaitGroup // reads what it says
}

// setUp starts the API server, builds both programs and makes the objects. Neither program runs yet.
func setUp(ctx context.Context, o *options) (*stage, error) {
	dir, err := os.MkdirTemp("", "workstream-controlplane-")
	if err != nil {
		return nil, err
	}
	s := &stage{options: o, dir: dir, activated: make(chan time.Time, 1<<16)}
	for name, binary := range map[string]string{"manager": o.manager, "distributor": o.distributor} {
		if err := s.provide(ctx, name, binary); err != nil {
			return nil, err
		}
	}
	if s.env, err = kubetest.Start(); err != nil {
		return nil, err
	}
	s.client, err = client.NewWithWatch(s.env.Config, client.Options{Scheme: kubetest.Scheme()})
	if err == nil {
		err = s.writeKubeconfig()
	}
	if err == nil {
		err = s.makeObjects(ctx)
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// provide puts a program where it is started from: the one that is given, or one that is built.
func (s *stage) provide(ctx context.Context, name, binary string) error {
	if binary != "" {
		binary, err := filepath.Abs(binary)
		if err != nil {
			return err
		}
		return os.Symlink(binary, s.path(name))
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", s.path(name), "./cmd/"+name)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building the %s: %w", name, err)
	}
	return nil
}

// showLogs prints the end of what both programs said.
func (s *stage) showLogs() {
	const lines = 20
	for _, name := range []string{"manager", "distributor"} {
		body, err := os.ReadFile(s.path(name + ".log"))
		if err != nil {
			continue // it has not been started
		}
		all := strings.Split(strings.TrimSpace(string(body)), "\n")
		fmt.Fprintf(os.Stderr, "%s:\n%s\n", name, strings.Join(all[max(0, len(all)-lines):], "\n"))
	}
}

func (s *stage) stop() {
	s.distributor.stop()
	s.manager.stop()
	if err := s.env.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the API server:", err)
	}
	_ = os.RemoveAll(s.dir)
}

// stop ends the process in order, and waits for it. One that never started needs none.
func (p *process) stop() {
	if p == nil {
		return
	}
	_ = p.Process.Signal(syscall.SIGTERM)
	p.said.Wait()
	_ = p.Wait() // it was told to
}

func (s *stage) writeKubeconfig() error {
	c := s.env.Config
	const name = "bench"
	cfg := clientcmdapi.NewConfig()
	cfg.Clusters[name] = &clientcmdapi.Cluster{Server: c.Host, CertificateAuthorityData: c.CAData}
	cfg.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: c.CertData, ClientKeyData: c.KeyData}
	cfg.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	cfg.CurrentContext = name
	return clientcmd.WriteToFile(*cfg, s.path("kubeconfig"))
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

// start starts one of the two programs. What it says goes to a file, and each line to watch as well, unless that is nil.
func (s *stage) start(ctx context.Context, name, admin string, watch func(line string), args ...string) (*process, error) {
	log, err := os.OpenFile(s.path(name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &process{Cmd: exec.CommandContext(context.WithoutCancel(ctx), s.path(name), args...), admin: admin}
	if name == "manager" {
		p.Env = append(os.Environ(), "GOMEMLIMIT=460MiB") // as config/manager has it
	}
	said, err := p.StderrPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	p.said.Go(func() {
		defer func() { _ = log.Close() }()
		lines := bufio.NewScanner(said)
		lines.Buffer(nil, 64<<20) // who is not read any more would wait for ever
		for lines.Scan() {
			if watch != nil {
				watch(lines.Text())
			}
			_, _ = fmt.Fprintln(log, lines.Text()) // for whoever wants to know why it failed
		}
	})
	return p, nil
}

func (s *stage) startManager(ctx context.Context) error {
	admin, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	if s.feed == "" {
		if s.feed, err = freeAddress(ctx); err != nil {
			return err
		}
	}
	s.manager, err = s.start(ctx, "manager", admin, nil,
		"--kubeconfig", s.path("kubeconfig"), "--namespace", system, "--identity", "manager-0",
		"--distributor-image", "example.org/workstream:bench", "--metrics-bind-address", admin, "--profiling",
		"--health-probe-bind-address", "0", "--webhook-bind-address", "0", "--planfeed-bind-address", s.feed)
	return err
}

// startDistributor starts one as its pod would, with the token and the certificate that the pod would have mounted.
func (s *stage) startDistributor(ctx context.Context) error {
	var bundle corev1.ConfigMap
	err := s.until(ctx, "the plan feed's certificate", func() error {
		return s.client.Get(ctx, types.NamespacedName{Namespace: namespace, Name: dataplane.CABundleConfigMap}, &bundle)
	})
	if err != nil {
		return err
	}
	hour := int64(12 * 60 * 60)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		Audiences: []string{dataplane.PlanFeedAudience}, ExpirationSeconds: &hour,
	}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "workstream-default"}}
	err = s.until(ctx, "the distributor's account", func() error {
		return s.client.SubResource("token").Create(ctx, account, request)
	})
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"ca.crt": bundle.Data[dataplane.CABundleKey], "token": request.Status.Token,
		"credentials/" + secretName + ".signingSecret": signingSecret,
	} {
		if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return s.runDistributor(ctx)
}

func (s *stage) runDistributor(ctx context.Context) error {
	api, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	admin, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	s.distributor, err = s.start(ctx, "distributor", admin, s.hear,
		"--namespace", namespace, "--distributor", dataplaneName, "--replica", dataplane.PodName(dataplaneName, 0),
		"--listen", api, "--admin-listen", admin, "--data-dir", s.path("data"), "--credentials-dir", s.path("credentials"),
		"--planfeed-address", s.feed, "--planfeed-server-name", "workstream-manager-planfeed."+system+".svc",
		"--planfeed-ca", s.path("ca.crt"), "--planfeed-token", s.path("token"), "--profiling")
	return err
}

func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// until tries f until it succeeds.
func (s *stage) until(ctx context.Context, what string, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.limit)
	defer cancel()
	retry := time.NewTicker(100 * time.Millisecond)
	defer retry.Stop()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, err)
		case <-retry.C:
		}
	}
}
