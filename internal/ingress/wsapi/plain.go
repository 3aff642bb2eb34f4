// SPDX-License-Identifier: Apache-2.0

package wsapi

import (
	"bytes"
	"strconv"

	"workstream.dev/operator/internal/ingress/desk"
)

// Nearly all frames are a few short texts without anything that JSON would escape. Those are read and written here, in a
// tenth of the time; whatever looks like anything else goes the long way.

// plain reads a command that is written without spaces, escapes and body, each field once.
func plain(frame []byte) (command, bool) {
	var c command
	rest, ok := bytes.CutPrefix(frame, []byte("{"))
	for ok {
		var name, value string
		if name, rest, ok = plainText(rest); !ok {
			break
		}
		if rest, ok = bytes.CutPrefix(rest, []byte(":")); !ok {
			break
		}
		if value, rest, ok = plainText(rest); !ok || value == "" {
			break
		}
		var field *string
		switch name {
		case "id":
			field = &c.ID
		case "do":
			field = &c.Do
		case "target":
			field = &c.Target
		}
		if field == nil || *field != "" {
			break
		}
		*field = value
		if string(rest) == "}" {
			return c, true
		}
		rest, ok = bytes.CutPrefix(rest, []byte(","))
	}
	return command{}, false
}

// plainText reads a text in quotes.
func plainText(b []byte) (text string, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return "", nil, false
	}
	end := bytes.IndexByte(b[1:], '"')
	if end < 0 || !isPlain(b[1:1+end]) {
		return "", nil, false
	}
	return string(b[1 : 1+end]), b[end+2:], true
}

// isPlain reports whether JSON writes a text as it is: nothing in it is escaped, not even for HTML.
func isPlain[T string | []byte](text T) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// plain writes the reply with a, which says what was done.
func (r *reply) plain(a *desk.Answer) ([]byte, bool) {
	if !isPlain(r.ID) || !isPlain(a.Item) || !isPlain(a.Offer) || !isPlain(a.Message) {
		return nil, false
	}
	b := append(make([]byte, 0, 192), `{"type":"answer","id":"`...)
	b = append(append(b, r.ID...), `","status":`...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(b, `,"body":{`...)
	for _, f := range []struct{ name, value string }{{"item", a.Item}, {"offer", a.Offer}, {"message", a.Message}} {
		if f.value != "" {
			b = append(append(append(append(append(b, '"'), f.name...), `":"`...), f.value...), `",`...)
		}
	}
	b = append(b, `"duplicate":`...)
	b = strconv.AppendBool(b, a.Duplicate)
	return append(b, "}}"...), true
}
