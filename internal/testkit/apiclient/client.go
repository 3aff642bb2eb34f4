// SPDX-License-Identifier: Apache-2.0

package apiclient

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client is a caller of the API of one namespace. Token is empty for channels.
type Client struct {
	BaseURL   string // http://HOST:PORT
	Namespace string
	Token     string
	HTTP      *http.Client
}

// Problem is an answer that is not a success, as RFC 9457 has it.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Reason string `json:"reason"`
	Field  string `json:"field"`
}

// Error returns status, reason and detail.
func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Reason, p.Detail) }

// As returns the same client with another caller's token.
func (c *Client) As(token string) *Client {
	d := *c
	d.Token = token
	return &d
}

// Answer is what intake and commands answer.
type Answer struct {
	Item      string `json:"item"`
	Message   string `json:"message"`
	Operation string `json:"operation"`
	Offer     string `json:"offer"`
	Duplicate bool   `json:"duplicate"`
}

// Item is what a user sees of a work item.
type Item struct {
	ID         string `json:"id"`
	State      string `json:"state"`
	Reason     string `json:"reason"`
	Workstream string `json:"workstream"`
	Revision   string `json:"revision"`
	Queue      string `json:"queue"`
	Agent      string `json:"agent"`
	Priority   int32  `json:"priority"`
	// Skills are those that it needs.
	Skills []Skill `json:"skills"`
}

// Skill is a skill that an item needs.
type Skill struct {
	Name   string `json:"name"`
	Rating int32  `json:"rating"`
}

// Message is one entry of an item's timeline.
type Message struct {
	Position uint64 `json:"position"`
	From     string `json:"from"`
	Text     string `json:"text"`
	Delivery string `json:"delivery"`
}

// TraceStep is one decision about an item.
type TraceStep struct {
	Seq     uint64 `json:"seq"`
	Step    string `json:"step"`
	Summary string `json:"summary"`
}

// Call sends body as JSON to a path below the namespace, and decodes the answer into out when that is not nil. An
// answer that is not a success is a *Problem.
func (c *Client) Call(ctx context.Context, method, path string, body, out any) error {
	var r io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encoding the request: %w", err)
		}
		r = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.BaseURL+"/v1/namespaces/"+c.Namespace+"/"+path, r)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	return c.do(req, out)
}

func (c *Client) do(req *http.Request, out any) error {
	h := c.HTTP
	if h == nil {
		h = http.DefaultClient
	}
	resp, err := h.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		p := &Problem{}
		if json.Unmarshal(data, p) != nil {
			p.Detail = string(data)
		}
		p.Status = resp.StatusCode
		return p
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("decoding the answer of %s: %w", req.URL.Path, err)
	}
	return nil
}

// Webhook is a custom channel's sender.
type Webhook struct {
	Client  *Client
	Address string
	Secret  string // whsec_...
}

// Inbound is the data of a customer's message.
type Inbound struct {
	Conversation string         `json:"conversation"`
	Customer     map[string]any `json:"customer,omitempty"`
	Message      map[string]any `json:"message,omitempty"`
	Context      map[string]any `json:"context,omitempty"`
	Channel      map[string]any `json:"channel,omitempty"`
}

// Message sends a customer's message.
func (w *Webhook) Message(ctx context.Context, m Inbound) (Answer, error) {
	body, err := json.Marshal(map[string]any{"type": "message.created", "data": m})
	if err != nil {
		return Answer{}, fmt.Errorf("encoding the message: %w", err)
	}
	return w.Post(ctx, NewID(), time.Now(), body)
}

// Leave says that the customer ended the conversation.
func (w *Webhook) Leave(ctx context.Context, conversation string) (Answer, error) {
	body := fmt.Appendf(nil, `{"type":"conversation.ended","data":{"conversation":%q}}`, conversation)
	return w.Post(ctx, NewID(), time.Now(), body)
}

// Post sends a body signed as of a moment, under an id of the sender's.
func (w *Webhook) Post(ctx context.Context, id string, at time.Time, body []byte) (Answer, error) {
	ts := strconv.FormatInt(at.Unix(), 10)
	return w.PostSigned(ctx, map[string]string{
		"webhook-id": id, "webhook-timestamp": ts, "webhook-signature": Sign(w.Secret, id, ts, body),
	}, body)
}

// PostSigned sends a body with these headers.
func (w *Webhook) PostSigned(ctx context.Context, headers map[string]string, body []byte) (Answer, error) {
	url := w.Client.BaseURL + "/webhooks/" + w.Client.Namespace + "/" + w.Address
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	var a Answer
	return a, w.Client.do(req, &a)
}

// Sign returns the webhook-signature header of a body, as Standard Webhooks has it. It is written apart from the
// product's own signer, so that each checks the other.
func Sign(secret, id, timestamp string, body []byte) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		key = []byte(secret)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// NewID returns an id that no one else uses.
func NewID() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Record submits a record under an idempotency key; no key when empty.
func (c *Client) Record(ctx context.Context, workstream, key string, body any) (Answer, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return Answer{}, fmt.Errorf("encoding the record: %w", err)
	}
	return c.records(ctx, http.MethodPost, workstream+"/records", key, data)
}

// CloseRecord says that a record is over, under an idempotency key; no key when empty.
func (c *Client) CloseRecord(ctx context.Context, workstream, key, record string) (Answer, error) {
	return c.records(ctx, http.MethodDelete, workstream+"/records/"+url.PathEscape(record), key, nil)
}

// records sends a request about the records of a workstream; path begins with its name.
func (c *Client) records(ctx context.Context, method, path, key string, body []byte) (Answer, error) {
	address := c.BaseURL + "/v1/namespaces/" + c.Namespace + "/workstreams/" + path
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("making the request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	var a Answer
	return a, c.do(req, &a)
}

// Item reads an item.
func (c *Client) Item(ctx context.Context, id string) (Item, error) {
	var it Item
	return it, c.Call(ctx, http.MethodGet, "items/"+id, nil, &it)
}

// Messages reads an item's timeline.
func (c *Client) Messages(ctx context.Context, id string) ([]Message, error) {
	var list struct {
		Items []Message `json:"items"`
	}
	return list.Items, c.Call(ctx, http.MethodGet, "items/"+id+"/messages", nil, &list)
}

// Trace reads an item's decisions.
func (c *Client) Trace(ctx context.Context, id string) ([]TraceStep, error) {
	var list struct {
		Items []TraceStep `json:"items"`
	}
	return list.Items, c.Call(ctx, http.MethodGet, "items/"+id+"/trace", nil, &list)
}

// Do sends a command about an item or offer, such as items/ID/end.
func (c *Client) Do(ctx context.Context, path string, body any) (Answer, error) {
	var a Answer
	if body == nil {
		body = struct{}{}
	}
	return a, c.Call(ctx, http.MethodPost, path, body, &a)
}

// SetPresence sets the calling agent's presence.
func (c *Client) SetPresence(ctx context.Context, presence string) error {
	return c.Call(ctx, http.MethodPut, "agent/presence", map[string]string{"presence": presence}, nil)
}
