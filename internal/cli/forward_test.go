// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// apiServer is what the plugin asks of a cluster: pods and Distributors of some namespaces, and forwarded ports.
type apiServer struct {
	t *testing.T
	// target is where ports of pods lead to.
	target string
}

var podsOf = map[string]string{
	"contoso": `[{"metadata":{"name":"a"},"status":{"conditions":[{"type":"Ready","status":"False"}]}},
		{"metadata":{"name":"b"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}]`,
	"unready": `[{"metadata":{"name":"a"},"status":{}}]`,
	"empty":   `[]`,
}

var distributorsOf = map[string]string{
	"contoso": `[{"metadata":{"name":"default"},"spec":{"auth":{"jwt":[
		{"issuer":"https://login.contoso.com","audiences":["workstream"]},{"issuer":"https://other","audiences":["a","b"]}]}}}]`,
	"empty": `[]`,
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/distributors"):
		_, _ = fmt.Fprintf(w, `{"metadata":{},"items":%s}`, distributorsOf[parts[4]])
	case strings.HasSuffix(r.URL.Path, "/pods"):
		if r.URL.Query().Get("labelSelector") != distributorSelector {
			s.t.Errorf("pods are asked for by %s", r.URL.RawQuery)
		}
		_, _ = fmt.Fprintf(w, `{"metadata":{},"items":%s}`, podsOf[parts[3]])
	case strings.HasSuffix(r.URL.Path, "/pods/b/portforward") && r.Method == http.MethodPost:
		s.forward(w, r)
	default: // also the WebSocket, as of an old API server
		http.Error(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","code":400}`, http.StatusBadRequest)
	}
}

// forward connects the streams of the protocol portforward.k8s.io with the target.
func (s *apiServer) forward(w http.ResponseWriter, r *http.Request) {
	if _, err := httpstream.Handshake(r, w, []string{"portforward.k8s.io"}); err != nil {
		s.t.Error(err)
		return
	}
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(stream httpstream.Stream, replied <-chan struct{}) error {
		if port := stream.Headers().Get(corev1.PortHeader); port != "8080" {
			s.t.Errorf("port %s is forwarded", port)
		}
		go func() {
			<-replied
			if stream.Headers().Get(corev1.StreamType) == corev1.StreamTypeData {
				s.connect(stream)
			}
			_ = stream.Close()
		}()
		return nil
	})
	if conn == nil {
		return // it has been answered
	}
	defer conn.Close() //nolint:errcheck // the other side ends it
	select {
	case <-conn.CloseChan():
	case <-time.After(patience):
	}
}

func (s *apiServer) connect(stream httpstream.Stream) {
	target, err := net.Dial("tcp", s.target)
	if err != nil {
		s.t.Error(err)
		return
	}
	go func() {
		_, _ = io.Copy(target, stream)
		_ = target.Close()
	}()
	_, _ = io.Copy(stream, target)
}

func newAPIServer(t *testing.T, target string) (kubeconfig string) {
	t.Helper()
	api := httptest.NewServer(&apiServer{t, target})
	t.Cleanup(api.Close)
	kubeconfig = filepath.Join(t.TempDir(), "config")
	body := `{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
"clusters":[{"name":"c","cluster":{"server":"` + api.URL + `"}}],"users":[{"name":"u","user":{}}]}`
	if err := os.WriteFile(kubeconfig, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return kubeconfig
}

// TestGetThroughTheCluster goes the way of kubectl port-forward to a real distributor.
func TestGetThroughTheCluster(t *testing.T) {
	d := newDesk(t)
	kubeconfig := newAPIServer(t, strings.TrimPrefix(d.url, "http://"))
	item := d.says("c-1", "hello")
	code, out, errOut := once(t, "get", "items", "-v", "--kubeconfig", kubeconfig, "-n", testSpace,
		"--token-file", filepath.Join(d.data, "dev", "tokens", "supervisor"))
	if code != 0 || !strings.Contains(out, item) || !strings.Contains(errOut, "pod b") {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
}

func TestClusterTellsWhatIsMissing(t *testing.T) {
	kubeconfig := newAPIServer(t, "")
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a.b.c"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(tokenVariable, "")
	for says, args := range map[string][]string{
		"not ready: pod a":   {"-n", "unready", "--token-file", token},
		"has no distributor": {"-n", "empty", "--token-file", token},
		"names an issuer":    {"-n", "empty"},
		"of https://login.contoso.com (audience workstream), https://other (audience a or b)": {"-n", testSpace},
	} {
		code, out, errOut := once(t, append([]string{"get", "queues", "--kubeconfig", kubeconfig}, args...)...)
		if code != 2 || out != "" || !strings.Contains(errOut, says) {
			t.Errorf("%v: exit %d, %s, want %q", args, code, errOut, says)
		}
	}
}
