// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"workstream.dev/operator/internal/compile"
)

// tokenVariable is the environment variable with a token for a distributor's API.
const tokenVariable = "WORKSTREAM_TOKEN"

const (
	// answerWithin is how long one request to a distributor may take.
	answerWithin = 30 * time.Second
	// maxAnswer is how large an answer may be, in bytes: a page of items is some hundred KiB.
	maxAnswer = 64 << 20
)

// serverFlags say how a running distributor is reached.
type serverFlags struct {
	app       *app
	url       string
	tokenFile string
}

func (s *serverFlags) bind(cmd *cobra.Command, a *app) {
	s.app = a
	cmd.Flags().StringVar(&s.url, "server", "",
		"URL of a distributor, as http://127.0.0.1:8080; unset: the one of the namespace, through the cluster")
	cmd.Flags().StringVar(&s.tokenFile, "token-file", "",
		"file with a token for the distributor's API; unset: $"+tokenVariable)
	_ = cmd.MarkFlagFilename("token-file")
}

// server is the API of a running distributor, for one namespace.
type server struct {
	client    *http.Client
	url       string // of the namespace, without a slash at the end
	namespace string
	token     func() (string, error)
	close     func()
}

// open finds the distributor. The server must be closed.
func (s *serverFlags) open(ctx context.Context) (*server, error) {
	namespace, err := s.app.connection.clusterNamespace()
	if err != nil {
		return nil, err
	}
	if _, err := s.token(); errors.Is(err, errNoToken) {
		return nil, fmt.Errorf("%w%s", err, s.issuers(ctx, namespace))
	} else if err != nil {
		return nil, err
	}
	base, end := s.url, func() {}
	if base == "" {
		if base, end, err = s.forward(ctx, namespace); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		end()
		return nil, fmt.Errorf("--server %q: a URL is expected, as http://127.0.0.1:8080", s.url)
	}
	return &server{
		client: &http.Client{
			Timeout: answerWithin,
			// A redirect would take the token elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		url: strings.TrimSuffix(base, "/") + "/v1/namespaces/" + url.PathEscape(namespace), namespace: namespace,
		token: s.token, close: end,
	}, nil
}

// token reads the token; that of a file may be replaced while a command runs.
func (s *serverFlags) token() (string, error) {
	token := os.Getenv(tokenVariable)
	if s.tokenFile != "" {
		body, err := os.ReadFile(s.tokenFile)
		if err != nil {
			return "", fmt.Errorf("--token-file %s: %w", s.tokenFile, cmp.Or(errors.Unwrap(err), err))
		}
		token = string(body)
	}
	if token = strings.TrimSpace(token); token == "" {
		return "", errNoToken
	}
	return token, nil
}

var errNoToken = errors.New("the distributor's API asks for a token, of somebody with the role Supervisor: put it into a file and" +
	" name that with --token-file, or into $" + tokenVariable)

// issuers says whose tokens a namespace of the cluster accepts, as far as the caller may know.
func (s *serverFlags) issuers(ctx context.Context, namespace string) string {
	if s.url != "" {
		return ""
	}
	cfg, err := s.app.connection.config()
	if err != nil {
		return ""
	}
	c, err := newCluster(cfg)
	if err != nil {
		return ""
	}
	distributors, err := c.distributors(ctx, namespace)
	if err != nil {
		s.app.note("%v", err)
		return ""
	}
	serving := compile.Serving(distributors)
	if serving == nil || serving.Spec.Auth == nil || len(serving.Spec.Auth.JWT) == 0 {
		return fmt.Sprintf("; namespace %s accepts none, because no Distributor in it names an issuer in spec.auth.jwt", namespace)
	}
	list := make([]string, len(serving.Spec.Auth.JWT))
	for i, issuer := range serving.Spec.Auth.JWT {
		list[i] = fmt.Sprintf("%s (audience %s)", issuer.Issuer, strings.Join(issuer.Audiences, " or "))
	}
	return fmt.Sprintf("; namespace %s accepts those of %s", namespace, strings.Join(list, ", "))
}

// answerError is an answer of the distributor that is no success.
type answerError struct {
	Status int    `json:"status"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// Error says what the distributor said.
func (e *answerError) Error() string {
	text := fmt.Sprintf("the distributor answered %d", e.Status)
	if e.Reason != "" {
		text += " " + e.Reason
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// get asks for a path below the namespace, as /items, and decodes the answer into what into points to.
func (s *server) get(ctx context.Context, path string, into any) error {
	_, _, err := s.getIfChanged(ctx, path, nil, "", into)
	return err
}

// getIfChanged is get, unless the answer is still the one with that tag: then changed is false and into is as it was. next
// is the tag of the answer, to ask with the next time; empty: it has none.
func (s *server) getIfChanged(ctx context.Context, path string, query url.Values, tag string, into any) (
	next string, changed bool, err error,
) {
	token, err := s.token()
	if err != nil {
		return "", false, err
	}
	u := s.url + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return "", false, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", "kubectl-workstream")
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return "", false, fmt.Errorf("asking the distributor: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return "", false, fmt.Errorf("reading the answer of the distributor: %w", err)
	case resp.StatusCode == http.StatusNotModified:
		return tag, false, nil
	case resp.StatusCode != http.StatusOK:
		refusal := &answerError{}
		_ = json.Unmarshal(body, refusal) // what is no problem, as of a proxy, is told by its status alone
		refusal.Status = resp.StatusCode
		return "", false, refusal
	}
	if err := json.Unmarshal(body, into); err != nil {
		return "", false, fmt.Errorf("%s is no distributor: its answer is not the expected JSON", s.url)
	}
	return resp.Header.Get("ETag"), true, nil
}
