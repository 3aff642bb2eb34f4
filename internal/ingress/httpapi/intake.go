// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"unicode/utf8"

	"workstream.dev/operator/internal/channel/custom"
	"workstream.dev/operator/internal/event"
	"workstream.dev/operator/internal/ingress"
	"workstream.dev/operator/internal/ingress/desk"
	"workstream.dev/operator/internal/plan"
	"workstream.dev/operator/internal/rule"
)

// The limits of a record. Dataverse tables may have several hundred columns.
const (
	maxAttributes = 500
	maxAttribute  = 4_000
	maxKey        = 255
)

// webhookAnswer answers a webhook.
type webhookAnswer struct {
	Item      string `json:"item"`
	Message   string `json:"message,omitempty"`
	Duplicate bool   `json:"duplicate"`
	// LeftOut are values that did not become attributes. A duplicate does not say it again.
	LeftOut []event.LeftOut `json:"leftOut,omitempty"`
}

// webhook takes in what a custom channel sends.
func (a *API) webhook(c *call) (*answer, error) {
	p := a.View.Plan()
	ch := p.ChannelAt(c.PathValue("address"))
	if ch == nil {
		return nil, ingress.NewProblem(http.StatusNotFound, string(event.UnknownChannel), "no channel has this address")
	}
	keys, err := a.signingKeys(ch)
	if err != nil {
		return nil, err
	}
	body, err := ingress.ReadBody(c.w, c.Request)
	if err != nil {
		return nil, err
	}
	id, err := custom.Verify(keys, c.Header, body, a.now())
	if wrong := (*custom.SignatureError)(nil); errors.As(err, &wrong) {
		problem := ingress.NewProblem(http.StatusUnauthorized, ingress.ReasonInvalidSignature, wrong.Message)
		problem.Field = wrong.Header
		// RFC 9110 asks for a challenge with every 401; this names the scheme.
		c.w.Header().Set("WWW-Authenticate", `StandardWebhooks realm="workstream"`)
		return nil, problem
	}
	if err != nil {
		return nil, err
	}
	if err := ingress.CheckHeader(custom.HeaderID, id); err != nil {
		return nil, err
	}
	in, err := custom.Decode(id, body)
	if err != nil {
		return nil, err
	}
	cmd, found := in.Command(ch, p.Workstream(ch.Workstream), a.newID)
	result, err := desk.Perform(c.Context(), a.Doer, cmd)
	if err != nil {
		return nil, err
	}
	if result.Duplicate {
		found = custom.Found{}
	}
	a.metrics.countValues(found)
	return &answer{status: http.StatusAccepted, body: webhookAnswer{
		Item: result.Item, Message: result.Message, Duplicate: result.Duplicate, LeftOut: found.LeftOut,
	}}, nil
}

func (a *API) signingKeys(ch *plan.Channel) ([][]byte, error) {
	file, err := a.Credentials.Secret(ch.Custom.Credentials, custom.SecretKey)
	var keys [][]byte
	if err == nil {
		keys, err = custom.Keys(file.Body)
	}
	if err != nil {
		// Whoever knows the address can ask: what is worth a warning is told once, when the credentials are watched.
		a.Log.Debug("Reading the signing secret", "channel", ch.Name, "secret", ch.Custom.Credentials, "error", err)
		p := ingress.NewProblem(http.StatusServiceUnavailable, ingress.ReasonCredentialsPending,
			"the Secret of the channel is not there, or has no signingSecret that can be used; nothing was taken in")
		p.RetryAfter = 5
		return nil, p
	}
	return keys, nil
}

// recordBody is what a business system submits.
type recordBody struct {
	ID         string                     `json:"id"`
	Customer   ingress.Customer           `json:"customer"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

// recordAnswer answers it. Operation is the item: its state says how far the operation is.
type recordAnswer struct {
	Operation string `json:"operation"`
	Item      string `json:"item"`
	Duplicate bool   `json:"duplicate"`
	// LeftOut is as in the answer to a webhook.
	LeftOut []event.LeftOut `json:"leftOut,omitempty"`
}

// record takes in a business system's record.
func (a *API) record(c *call) (*answer, error) {
	key, err := idempotencyKey(c)
	if err != nil {
		return nil, err
	}
	body, err := ingress.ReadBody(c.w, c.Request)
	if err != nil {
		return nil, err
	}
	var in recordBody
	if err := ingress.Decode(body, &in); err != nil {
		return nil, err
	}
	if err := ingress.CheckLength("id", in.ID, ingress.MaxID, true); err != nil {
		return nil, err
	}
	attributes, leftOut := recordAttributes(in.Attributes)
	found := custom.Found{Taken: len(attributes), LeftOut: leftOut}
	customer, err := in.Customer.Attributes("customer")
	if err != nil {
		return nil, err
	}
	maps.Copy(attributes, customer)
	workstream := c.PathValue("workstream")
	result, err := desk.Perform(c.Context(), a.Doer, event.SubmitRecord{
		Intake:     event.Intake{Scope: recordScope(workstream), Key: key, Digest: ingress.Digest("record", body)},
		Item:       a.newID(),
		Workstream: workstream,
		Record:     in.ID,
		Attributes: attributes,
		LeftOut:    leftOut,
	})
	if err != nil {
		return nil, err
	}
	if result.Duplicate {
		found = custom.Found{}
	}
	a.metrics.countValues(found)
	return &answer{
		status: http.StatusAccepted,
		body: recordAnswer{
			Operation: result.Item, Item: result.Item, Duplicate: result.Duplicate, LeftOut: found.LeftOut,
		},
		location: "/v1/namespaces/" + a.Namespace + "/items/" + result.Item,
	}, nil
}

// closeRecord closes the item of a record that is over in its business system. Its path says all: a body has no meaning.
func (a *API) closeRecord(c *call) (*answer, error) {
	key, err := idempotencyKey(c)
	if err != nil {
		return nil, err
	}
	workstream, record := c.PathValue("workstream"), c.PathValue("record")
	if !utf8.ValidString(record) { // it would be taken for another one
		return nil, parameter("record", "", "the id is not UTF-8")
	}
	if err := ingress.CheckLength("record", record, ingress.MaxID, true); err != nil {
		return nil, err
	}
	closed, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encoding the id: %w", err)
	}
	result, err := desk.Perform(c.Context(), a.Doer, event.CloseRecord{
		Intake:     event.Intake{Scope: recordScope(workstream), Key: key, Digest: ingress.Digest("record.closed", closed)},
		Workstream: workstream, Record: record, Integration: c.caller.Name(),
	})
	if err != nil {
		return nil, err
	}
	return ok(desk.Answer{Item: result.Item, Duplicate: result.Duplicate}), nil
}

// recordScope keeps the keys of workstreams apart. All that is said of the records of one shares them.
func recordScope(workstream string) string { return "workstream/" + workstream }

// idempotencyKey is what the sender calls the request; empty when it gives it no name.
func idempotencyKey(c *call) (string, error) {
	const name = "Idempotency-Key"
	key := c.Header.Get(name)
	if len(key) > maxKey {
		return "", ingress.InvalidField(name, "", fmt.Sprintf("the key is longer than %d characters", maxKey))
	}
	return key, ingress.CheckHeader(name, key)
}

// recordAttributes are the values that can be used, and what is said of the others. A wrong value must not lose the record.
func recordAttributes(values map[string]json.RawMessage) (rule.Attributes, []event.LeftOut) {
	const root = "record."
	attributes := make(rule.Attributes, min(len(values), maxAttributes))
	var leftOut []event.LeftOut
	for _, name := range slices.Sorted(maps.Keys(values)) {
		var v rule.Value
		err := json.Unmarshal(values[name], &v)
		reason := event.LeftOutReason("")
		switch {
		case !ingress.ValidName(name):
			reason = event.InvalidName
		case err != nil:
			reason = event.WrongType
		case utf8.RuneCountInString(v.String()) > maxAttribute:
			reason = event.TooLong
		case !v.Present():
			continue
		case len(attributes) == maxAttributes:
			reason = event.TooMany
		}
		if reason != "" {
			leftOut = append(leftOut, ingress.LeaveOut(root, name, reason))
			continue
		}
		attributes[root+name] = v
	}
	return attributes, leftOut
}
