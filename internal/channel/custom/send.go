// SPDX-License-Identifier: Apache-2.0

package custom

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"workstream.dev/operator/internal/credential"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/version"
)

// SecretKey is the key of a channel's secret that signs.
const SecretKey = "signingSecret"

const (
	sendTimeout = 10 * time.Second
	// maxAnswer is how much of an answer is read, so that its connection can be used again.
	maxAnswer = 64 << 10
	// maxRetryAfter bounds what a receiver may ask for.
	maxRetryAfter = time.Hour
)

// SendError says why a callback did not take a delivery. It never contains the URL's query or anything of a message.
type SendError struct {
	// Permanent says that trying again cannot help.
	Permanent bool
	// After is how long the receiver asked to be left alone; zero when it did not.
	After time.Duration
	Cause error
}

// Error returns the cause.
func (e *SendError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Cause }

// Sender posts deliveries to the callbacks of channels.
type Sender struct {
	channel     func(name string) *plan.Channel
	credentials *credential.Dir
	client      *http.Client
	now         func() time.Time
}

// NewSender returns a sender that finds channels in the plan of the moment: channel returns nil for one that is not
// there.
func NewSender(channel func(name string) *plan.Channel, credentials *credential.Dir) *Sender {
	return &Sender{
		channel:     channel,
		credentials: credentials,
		client: &http.Client{
			Timeout: sendTimeout,
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         (&net.Dialer{Timeout: sendTimeout / 2}).DialContext,
				TLSHandshakeTimeout: sendTimeout / 2,
				ForceAttemptHTTP2:   true,
				MaxIdleConnsPerHost: 16,
				IdleConnTimeout:     90 * time.Second,
			},
			// A redirect would carry the customer's conversation to where no administrator sent it.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		now: time.Now,
	}
}

// outbound is the body of a callback, in the form of an inbound webhook.
type outbound struct {
	Type      event.DeliveryKind `json:"type"`
	Timestamp string             `json:"timestamp"`
	Data      outboundData       `json:"data"`
}

type outboundData struct {
	Conversation string           `json:"conversation"`
	Item         string           `json:"item"`
	Agent        *outboundAgent   `json:"agent,omitempty"`
	Message      *outboundMessage `json:"message,omitempty"`
}

type outboundAgent struct {
	Name string `json:"name"`
}

type outboundMessage struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Send tells the channel's callback. An error is a *SendError.
func (s *Sender) Send(ctx context.Context, d event.Delivery) error {
	ch := s.channel(d.Channel)
	if ch == nil || ch.Custom == nil {
		// It may be back with the next plan: a delivery waits for as long as it is tried at all.
		return &SendError{Cause: fmt.Errorf("channel %s is not in the plan", d.Channel)}
	}
	if ch.Custom.CallbackURL == "" {
		return &SendError{Permanent: true, Cause: fmt.Errorf("channel %s has no callback URL", d.Channel)}
	}
	file, err := s.credentials.Secret(ch.Custom.Credentials, SecretKey)
	if err != nil {
		return &SendError{Cause: err}
	}
	keys, err := Keys(file.Body)
	if err != nil {
		return &SendError{Cause: fmt.Errorf("secret %s: %w", ch.Custom.Credentials, err)}
	}
	req, err := s.request(ctx, ch.Custom.CallbackURL, keys[0], d)
	if err != nil {
		return &SendError{Permanent: true, Cause: err}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return &SendError{Cause: fmt.Errorf("posting to the callback: %w", withoutURL(err))}
	}
	defer func() { _ = resp.Body.Close() }()
	// What the receiver says is of no use, and may repeat what the agent wrote.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	return s.outcome(resp)
}

func (s *Sender) request(ctx context.Context, callback string, key []byte, d event.Delivery) (*http.Request, error) {
	out := outbound{
		Type:      d.Kind,
		Timestamp: time.UnixMicro(int64(d.Time)).UTC().Format(time.RFC3339Nano),
		Data:      outboundData{Conversation: d.Conversation, Item: d.Item},
	}
	if d.Kind == event.DeliverMessage {
		if d.Agent != "" {
			out.Data.Agent = &outboundAgent{Name: d.Agent}
		}
		out.Data.Message = &outboundMessage{ID: d.Message, Text: d.Text}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encoding the callback: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("making the callback: %w", withoutURL(err))
	}
	now := s.now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "workstream-operator/"+version.String())
	// The id is the same each time: it is by it that a receiver knows a delivery that comes twice.
	req.Header.Set(HeaderID, d.ID)
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(HeaderSignature, Sign(key, d.ID, now, body))
	return req, nil
}

// outcome tells what is worth another try from what is not: overload, a time-out, a fault of the server.
func (s *Sender) outcome(resp *http.Response) error {
	code := resp.StatusCode
	if code >= 200 && code < 300 {
		return nil
	}
	e := &SendError{Cause: fmt.Errorf("the callback answered %d", code), After: s.retryAfter(resp.Header.Get("Retry-After"))}
	switch code {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
	default:
		e.Permanent = code < 500
	}
	if e.Permanent {
		e.After = 0
	}
	return e
}

func (s *Sender) retryAfter(value string) time.Duration {
	var d time.Duration
	if seconds, err := strconv.Atoi(value); err == nil {
		d = time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(s.now())
	}
	return min(max(d, 0), maxRetryAfter)
}

// withoutURL drops the URL that net/http puts into its errors: it may carry a token.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
