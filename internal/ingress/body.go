// SPDX-License-Identifier: Apache-2.0

package ingress

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxBody is the size of the largest body that is taken, in bytes.
	MaxBody = 256 << 10
	// MaxText is the length of the longest message, in characters.
	MaxText = 32_768
	// MaxID is the length of the longest id that a caller may choose, in characters.
	MaxID = 256
	// drained is how much of a body that is too large is read all the same: a caller who is still sending when the
	// connection closes may never see the answer.
	drained = 4 << 20
)

// ReadBody reads the JSON body of r, whole, up to MaxBody.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if !isJSON(r.Header.Get("Content-Type")) {
		p := NewProblem(http.StatusUnsupportedMediaType, ReasonUnsupportedMedia, "the body must be sent as Content-Type application/json")
		p.Field = "Content-Type"
		return nil, p
	}
	body, err := readAll(r)
	if len(body) > MaxBody {
		_, _ = io.CopyN(io.Discard, r.Body, drained)
		w.Header().Set("Connection", "close")
		return nil, NewProblem(http.StatusRequestEntityTooLarge, ReasonBodyTooLarge,
			fmt.Sprintf("the body is larger than %d bytes", MaxBody))
	}
	if err != nil {
		return nil, NewProblem(http.StatusBadRequest, ReasonBadRequest, "the body could not be read to its end")
	}
	return body, nil
}

// isJSON also takes "+json", for senders that put their events into an envelope type of their own.
func isJSON(contentType string) bool {
	const usual = "application/json"
	if contentType == usual {
		return true
	}
	mt, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mt == usual || strings.HasSuffix(mt, "+json"))
}

// readAll returns the body, or more than MaxBody of it.
func readAll(r *http.Request) ([]byte, error) {
	const soon = 16 << 10 // what may be set aside for a body that has only been announced
	if r.ContentLength <= 0 || r.ContentLength > soon {
		return io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	}
	body := make([]byte, r.ContentLength) // which is where the body of a request ends
	n, err := io.ReadFull(r.Body, body)
	return body[:n], err
}

// CheckHeader refuses what the sender put into a header that is kept. A journal holds UTF-8 only: anything else would be
// another key after a restart than before, and done twice. Control characters are no part of a key that anybody chose.
func CheckHeader(name, value string) error {
	var detail string
	switch {
	case !utf8.ValidString(value):
		detail = "the header is not UTF-8"
	case strings.ContainsFunc(value, unicode.IsControl):
		detail = "the header has control characters"
	default:
		return nil
	}
	p := NewProblem(http.StatusBadRequest, ReasonBadRequest, detail)
	p.Field = name
	return p
}

// Decode reads one JSON value into v. It refuses fields that v does not have, fields that are given twice or in another
// case, and null for a field.
func Decode(body []byte, v any) error { return decode(body, v, true) }

// DecodeLoose is Decode for senders who may say more than we understand: other fields are passed over, and null is as good
// as leaving a field out.
func DecodeLoose(body []byte, v any) error { return decode(body, v, false) }

func decode(body []byte, v any, strict bool) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return NewProblem(http.StatusBadRequest, ReasonMalformedBody, "the body is empty; it must be a JSON object")
	}
	if !wellFormed(body) {
		return NewProblem(http.StatusBadRequest, ReasonMalformedBody, "the body has text that is not Unicode")
	}
	if strict || json.Unmarshal(body, v) != nil {
		if err := decodeSlowly(body, v, strict); err != nil {
			return err
		}
	}
	return checkShape(body, v, !strict)
}

// decodeSlowly knows what is wrong.
func decodeSlowly(body []byte, v any, strict bool) error {
	d := json.NewDecoder(bytes.NewReader(body))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil {
		return explain(body, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed(body, d.InputOffset(), "there is more after the JSON object")
	}
	return nil
}

// explain says where the error is; it repeats names of fields and of types, never a value.
func explain(body []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return malformed(body, syntax.Offset, strings.TrimPrefix(syntax.Error(), "json: "))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return malformed(body, int64(len(body)), "the JSON ends too early")
	case errors.As(err, &kind):
		what := kind.Field
		if what == "" {
			what = "the body"
		}
		return InvalidField(kind.Field, "", fmt.Sprintf("%s must be a JSON %s, not %s",
			what, jsonName(kind.Type.Kind().String()), jsonValue(kind.Value)))
	}
	// The standard library has no type for this error.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		return InvalidField(name, "", fmt.Sprintf("there is no field %q here", name))
	}
	// Left are the errors of UnmarshalJSON methods: ours, which name types and no values.
	return NewProblem(http.StatusUnprocessableEntity, ReasonInvalidField, err.Error())
}

func malformed(body []byte, offset int64, what string) error {
	offset = min(max(offset, 0), int64(len(body)))
	before := body[:offset]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return NewProblem(http.StatusBadRequest, ReasonMalformedBody,
		fmt.Sprintf("the body is not JSON: byte %d (line %d, column %d): %s", offset, line, column, what))
}

// jsonName is the JSON type for a Go kind.
func jsonName(kind string) string {
	switch kind {
	case "struct", "map":
		return "object"
	case "slice", "array":
		return "list"
	case "bool":
		return "boolean"
	case "string":
		return kind
	default:
		return "number"
	}
}

// jsonValue is the type from an UnmarshalTypeError, which puts a number's digits behind the type.
func jsonValue(value string) string {
	value, _, _ = strings.Cut(value, " ")
	switch value {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "a boolean"
	default:
		return "a " + value
	}
}

// CheckLength refuses a text that is longer than limit characters, or though it is required has nothing but white space.
func CheckLength(path, value string, limit int, required bool) error {
	if required && strings.TrimSpace(value) == "" {
		return InvalidField(path, "", path+" is missing or empty")
	}
	if n := utf8.RuneCountInString(value); n > limit {
		return InvalidField(path, "", fmt.Sprintf("%s has %d characters, more than %d", path, n, limit))
	}
	return nil
}

// Digest tells JSON values of different meaning apart, under a word that says what they are. White space between
// tokens does not count.
func Digest(word string, value []byte) string {
	b := bytes.NewBuffer(make([]byte, 0, len(word)+1+len(value)))
	b.WriteString(word + "\n")
	if err := json.Compact(b, value); err != nil {
		b.Write(value)
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:16])
}

// wellFormed reports whether all text of a JSON body is Unicode. The decoder would take what is not for the replacement
// character, and so make one of ids that differ: two customers would read each other's conversation.
func wellFormed(body []byte) bool {
	if !utf8.Valid(body) {
		return false
	}
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 || at+1 >= len(body) {
			return true
		}
		body = body[at:]
		r, size := escaped(body)
		if utf16.IsSurrogate(r) {
			low, more := escaped(body[size:])
			if utf16.DecodeRune(r, low) == unicode.ReplacementChar {
				return false
			}
			size += more
		}
		body = body[size:]
	}
}

// escaped reads the escape at the start of body, and its length. What is none, or not one of \u, is rune 0.
func escaped(body []byte) (rune, int) {
	if len(body) < 2 || body[0] != '\\' {
		return 0, 0
	}
	if body[1] != 'u' || len(body) < 6 {
		return 0, 2
	}
	n, err := strconv.ParseUint(string(body[2:6]), 16, 16)
	if err != nil {
		return 0, 2 // the decoder will say so
	}
	return rune(n), 6
}
