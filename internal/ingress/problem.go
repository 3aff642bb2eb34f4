// SPDX-License-Identifier: Apache-2.0

package ingress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"workstream.dev/operator/internal/event"
)

// Problem is the answer to a request that was not carried out, by RFC 9457.
type Problem struct {
	// Type is a URI made from Reason; it is a name, not a page.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what was wrong and what would be right.
	Detail string `json:"detail,omitempty"`
	// Reason is for programs: one word of a closed list.
	Reason string `json:"reason"`
	// Field is the path of the field of the body, parameter or header that was wrong.
	Field string `json:"field,omitempty"`
	// Value is what stood there, where that is neither a customer's text nor a credential.
	Value string `json:"value,omitempty"`

	// RetryAfter is in seconds; zero says nothing.
	RetryAfter int `json:"-"`
}

// Reasons of problems that are not refusals of the engine.
const (
	ReasonBadRequest         = "BadRequest"
	ReasonMalformedBody      = "MalformedBody"
	ReasonInvalidField       = "InvalidField"
	ReasonUnauthenticated    = "Unauthenticated"
	ReasonInvalidSignature   = "InvalidSignature"
	ReasonForbidden          = "Forbidden"
	ReasonNotFound           = "NotFound"
	ReasonMethodNotAllowed   = "MethodNotAllowed"
	ReasonBodyTooLarge       = "BodyTooLarge"
	ReasonUnsupportedMedia   = "UnsupportedMediaType"
	ReasonUpgradeRequired    = "UpgradeRequired"
	ReasonInternal           = "Internal"
	ReasonJournalFull        = "JournalFull"
	ReasonNotReady           = "NotReady"
	ReasonStopping           = "Stopping"
	ReasonBusy               = "Busy"
	ReasonUncertain          = "OutcomeUnknown"
	ReasonTooLarge           = "TooLarge"
	ReasonCredentialsPending = "CredentialsPending"
)

const problemType = "tag:workstream.dev,2026:problem/"

// NewProblem returns a problem with its type and title filled in.
func NewProblem(status int, reason, detail string) *Problem {
	return &Problem{
		Type: problemType + reason, Title: http.StatusText(status),
		Status: status, Reason: reason, Detail: detail,
	}
}

// InvalidField returns the problem of a field that was understood and is not allowed. value may be empty.
func InvalidField(field, value, detail string) *Problem {
	p := NewProblem(http.StatusUnprocessableEntity, ReasonInvalidField, detail)
	p.Field, p.Value = field, value
	return p
}

// Error makes a problem an error.
func (p *Problem) Error() string { return p.Reason + ": " + p.Detail }

// Write answers with p.
func (p *Problem) Write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.WriteHeader(p.Status)
	// A caller who is gone cannot be told so.
	_ = json.NewEncoder(w).Encode(p)
}

// rejections has the status of every refusal: not there 404, not yours 403, makes no sense 422, not now 409.
var rejections = map[event.RejectionReason]int{
	event.UnknownChannel:       http.StatusNotFound,
	event.UnknownWorkstream:    http.StatusNotFound,
	event.UnknownConversation:  http.StatusNotFound,
	event.UnknownRecord:        http.StatusNotFound,
	event.UnknownAgent:         http.StatusNotFound,
	event.UnknownItem:          http.StatusNotFound,
	event.UnknownOffer:         http.StatusNotFound,
	event.UnknownQueue:         http.StatusNotFound,
	event.OfferNotYours:        http.StatusForbidden,
	event.ItemNotYours:         http.StatusForbidden,
	event.NotAQueueMember:      http.StatusForbidden,
	event.IntakeKeyReused:      http.StatusUnprocessableEntity,
	event.MessageIDReused:      http.StatusUnprocessableEntity,
	event.InvalidPresence:      http.StatusUnprocessableEntity,
	event.NotARecordWorkstream: http.StatusConflict,
	event.QueueTypeMismatch:    http.StatusConflict,
	event.OfferExpired:         http.StatusConflict,
	event.OfferRevoked:         http.StatusConflict,
	event.OfferDeclined:        http.StatusConflict,
	event.OfferAccepted:        http.StatusConflict,
	event.ItemNotPickable:      http.StatusConflict,
	event.InsufficientCapacity: http.StatusConflict,
	event.WrongState:           http.StatusConflict,
	event.NotConnectedAgent:    http.StatusConflict,
	event.NoPlan:               http.StatusServiceUnavailable,

	event.UnknownConsult:                http.StatusNotFound,
	event.SkillRequired:                 http.StatusForbidden,
	event.AgentExcluded:                 http.StatusForbidden,
	event.DeclineNotAllowed:             http.StatusConflict,
	event.PresenceNotAllowedForTransfer: http.StatusConflict,
	event.AlreadyConsulting:             http.StatusConflict,
	event.TooManyConsults:               http.StatusConflict,
	event.TransferPending:               http.StatusConflict,
}

// Rejected returns the problem of a refusal of the engine.
func Rejected(r *event.Rejection) *Problem {
	status, ok := rejections[r.Reason]
	if !ok {
		status = http.StatusConflict
	}
	p := NewProblem(status, string(r.Reason), r.Message)
	if status == http.StatusServiceUnavailable {
		p.RetryAfter = 1
	}
	return p
}

// Failed returns the problem of an error of a Doer, or nil when err is none that a caller could do something about.
func Failed(err error) *Problem {
	unavailable := func(reason, detail string, after int) *Problem {
		p := NewProblem(http.StatusServiceUnavailable, reason, detail)
		p.RetryAfter = after
		return p
	}
	switch {
	case errors.Is(err, ErrFull):
		return unavailable(ReasonJournalFull, "the journal has no room; nothing was taken in", 30)
	case errors.Is(err, ErrStopping):
		return unavailable(ReasonStopping, "the distributor is stopping; nothing was done", 2)
	case errors.Is(err, ErrNotReady):
		return unavailable(ReasonNotReady, "the distributor is recovering, or has no plan yet; nothing was done", 1)
	case errors.Is(err, ErrBusy):
		return unavailable(ReasonBusy, "too many commands are waiting; nothing was done", 1)
	case errors.Is(err, ErrTooLarge):
		return NewProblem(http.StatusRequestEntityTooLarge, ReasonTooLarge,
			"what this causes is larger than the journal can ever take; nothing was done")
	case errors.Is(err, ErrUncertain), errors.Is(err, context.DeadlineExceeded):
		return unavailable(ReasonUncertain, "it is not known whether this was done; send it again with the same key or id", 1)
	default:
		return nil
	}
}
