// SPDX-License-Identifier: Apache-2.0

package compact

import (
	"encoding/binary"
	"errors"
	"math"
)

// Writer collects what is written.
type Writer struct {
	Buf []byte
	// texts are those that were written, with their numbers; nil where none is repeated.
	texts map[string]uint64
}

// NewWriter returns a writer that appends to buf and writes references to texts that it has written.
func NewWriter(buf []byte) *Writer { return &Writer{Buf: buf, texts: map[string]uint64{}} }

// NewPlainWriter returns a writer that writes every text out: for messages too short to repeat themselves.
func NewPlainWriter(buf []byte) *Writer { return &Writer{Buf: buf} }

// Reset begins another message at the end of buf.
func (w *Writer) Reset(buf []byte) {
	w.Buf = buf
	clear(w.texts)
}

// refFrom is the length from which a text is worth a reference.
const refFrom = 3

// Text writes a text: twice its length and the bytes, or twice its number and one.
func (w *Writer) Text(s string) {
	if len(s) >= refFrom && w.texts != nil {
		if n, ok := w.texts[s]; ok {
			w.Uint(n<<1 | 1)
			return
		}
		w.texts[s] = uint64(len(w.texts))
	}
	w.Uint(uint64(len(s)) << 1)
	w.Buf = append(w.Buf, s...)
}

// Uint writes a number.
func (w *Writer) Uint(n uint64) { w.Buf = binary.AppendUvarint(w.Buf, n) }

// Int writes a number that may be negative.
func (w *Writer) Int(n int64) { w.Buf = binary.AppendVarint(w.Buf, n) }

// Bool writes a truth value.
func (w *Writer) Bool(b bool) {
	n := byte(0)
	if b {
		n = 1
	}
	w.Buf = append(w.Buf, n)
}

// Float writes a number with a fraction.
func (w *Writer) Float(f float64) { w.Buf = binary.BigEndian.AppendUint64(w.Buf, math.Float64bits(f)) }

// Reader reads what a Writer wrote. After the first error everything it returns is empty.
type Reader struct {
	body  []byte
	texts []string
	err   error
	// Known has short texts of earlier messages, to be shared with later ones; nil: they are not.
	Known map[string]string
}

// The limits of what is shared between messages: names come again, what people wrote does not.
const (
	maxShared     = 32
	maxSharedSize = 1 << 12
)

// share returns b as a text, one that is there already if it can.
func (r *Reader) share(b []byte) string {
	if r.Known == nil || len(b) > maxShared {
		return string(b)
	}
	if s, ok := r.Known[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(r.Known) < maxSharedSize {
		r.Known[s] = s
	}
	return s
}

// NewReader returns a reader of one message. It does not keep body.
func NewReader(body []byte) *Reader { return &Reader{body: body} }

// Reset begins another message.
func (r *Reader) Reset(body []byte) {
	clear(r.texts)
	r.body, r.texts, r.err = body, r.texts[:0], nil
}

// Err is what was wrong first.
func (r *Reader) Err() error { return r.err }

// Rest is what has not been read.
func (r *Reader) Rest() []byte { return r.body }

// Fail says what is wrong with what was read; the first one counts.
func (r *Reader) Fail(what string) {
	if r.err == nil {
		r.err, r.body = errors.New(what), nil
	}
}

// Uint reads a number.
func (r *Reader) Uint() uint64 {
	n, size := binary.Uvarint(r.body)
	if size <= 0 {
		r.Fail("it is cut off")
		return 0
	}
	r.body = r.body[size:]
	return n
}

// Int reads a number that may be negative.
func (r *Reader) Int() int64 {
	n, size := binary.Varint(r.body)
	if size <= 0 {
		r.Fail("it is cut off")
		return 0
	}
	r.body = r.body[size:]
	return n
}

// Bool reads a truth value.
func (r *Reader) Bool() bool {
	if len(r.body) == 0 || r.body[0] > 1 {
		r.Fail("a truth value is neither")
		return false
	}
	b := r.body[0] == 1
	r.body = r.body[1:]
	return b
}

// Float reads a number with a fraction.
func (r *Reader) Float() float64 {
	if len(r.body) < 8 {
		r.Fail("it is cut off")
		return 0
	}
	f := math.Float64frombits(binary.BigEndian.Uint64(r.body))
	r.body = r.body[8:]
	return f
}

// Text reads a text.
func (r *Reader) Text() string {
	n := r.Uint()
	if n&1 == 1 {
		if n >>= 1; n >= uint64(len(r.texts)) {
			r.Fail("a text is referred to that was not written")
			return ""
		}
		return r.texts[n]
	}
	n >>= 1
	if n > uint64(len(r.body)) {
		r.Fail("it is cut off")
		return ""
	}
	s := r.share(r.body[:n])
	r.body = r.body[n:]
	if n >= refFrom {
		r.texts = append(r.texts, s)
	}
	return s
}

// Bytes reads as many bytes as are announced. They are of the message, not a copy.
func (r *Reader) Bytes() []byte {
	n := r.Uint()
	if n > uint64(len(r.body)) {
		r.Fail("it is cut off")
		return nil
	}
	b := r.body[:n]
	r.body = r.body[n:]
	return b
}

// Bytes writes bytes with their length.
func (w *Writer) Bytes(b []byte) {
	w.Uint(uint64(len(b)))
	w.Buf = append(w.Buf, b...)
}

// Length reads how many elements follow; each takes a byte at least.
func (r *Reader) Length() int {
	n := r.Uint()
	if n > uint64(len(r.body)) {
		r.Fail("it is cut off")
		return 0
	}
	return int(n) //nolint:gosec // no more than there are bytes
}
