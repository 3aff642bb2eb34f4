// SPDX-License-Identifier: Apache-2.0

package custom

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a webhook.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

const (
	// Tolerance is how far the sender's clock may be from ours, in either direction.
	Tolerance = 5 * time.Minute

	secretPrefix = "whsec_"
	minSecret    = 16 // bytes; the standard asks senders for 24 to 64
	maxID        = 256
	// maxSignatures is how many of the header are looked at: a few keys in rotation, not a list to guess with.
	maxSignatures = 16
)

// SignatureError says why a webhook is not believed.
type SignatureError struct {
	// Header is the one that is wrong.
	Header  string
	Message string
}

// Error returns header and message.
func (e *SignatureError) Error() string { return e.Header + ": " + e.Message }

// Keys reads the secrets of a channel, the newest first, separated by white space. Any of them verifies, the first one
// signs.
func Keys(file []byte) ([][]byte, error) {
	var keys [][]byte
	for i, s := range strings.Fields(string(file)) {
		s = strings.TrimRight(strings.TrimPrefix(s, secretPrefix), "=")
		key, err := base64.RawStdEncoding.DecodeString(s)
		if err != nil {
			// Not err: it would show a part of the secret.
			return nil, fmt.Errorf("signing secret %d is not %s followed by base64", i+1, secretPrefix)
		}
		if len(key) < minSecret {
			return nil, fmt.Errorf("signing secret %d has %d bytes, fewer than %d", i+1, len(key), minSecret)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("the signing secret is empty")
	}
	return keys, nil
}

// Verify checks who sent body, and when, before a byte of it is read for its meaning. It returns the webhook's id.
func Verify(keys [][]byte, h http.Header, body []byte, now time.Time) (string, error) {
	id, stamp, signatures := h.Get(HeaderID), h.Get(HeaderTimestamp), h.Get(HeaderSignature)
	for _, f := range []struct{ name, value string }{
		{HeaderID, id},
		{HeaderTimestamp, stamp},
		{HeaderSignature, signatures},
	} {
		if f.value == "" {
			return "", &SignatureError{Header: f.name, Message: "the header is missing"}
		}
	}
	if len(id) > maxID {
		return "", &SignatureError{Header: HeaderID, Message: fmt.Sprintf("longer than %d characters", maxID)}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return "", &SignatureError{Header: HeaderTimestamp, Message: "not a number of seconds since 1970"}
	}
	if !genuine(keys, signatures, mac{id: id, stamp: stamp, body: body}) {
		return "", &SignatureError{Header: HeaderSignature, Message: "no signature is right for this body and the channel's secret"}
	}
	// Last, so that only who knows the secret learns our time.
	if age := now.Unix() - seconds; age > int64(Tolerance/time.Second) || age < -int64(Tolerance/time.Second) {
		return "", &SignatureError{Header: HeaderTimestamp, Message: fmt.Sprintf(
			"signed at %s, more than %s from %s here", time.Unix(seconds, 0).UTC().Format(time.RFC3339), Tolerance,
			now.UTC().Format(time.RFC3339))}
	}
	return id, nil
}

// Sign returns the signature header for body.
func Sign(key []byte, id string, at time.Time, body []byte) string {
	sum := mac{id: id, stamp: strconv.FormatInt(at.Unix(), 10), body: body}.sum(key)
	return "v1," + base64.StdEncoding.EncodeToString(sum)
}

// mac is what is signed.
type mac struct {
	id, stamp string
	body      []byte
}

func (m mac) sum(key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(m.id + "." + m.stamp + "."))
	h.Write(m.body)
	return h.Sum(nil)
}

// genuine compares every signature with every key, all in constant time.
func genuine(keys [][]byte, header string, m mac) bool {
	sums := make([][]byte, 0, len(keys))
	for _, key := range keys {
		sums = append(sums, m.sum(key))
	}
	found := false
	for i, s := range strings.Fields(header) {
		if i == maxSignatures {
			break
		}
		encoded, ok := strings.CutPrefix(s, "v1,")
		if !ok {
			continue // v1a and whatever comes later is for others
		}
		got, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
		if err != nil {
			continue
		}
		for _, sum := range sums {
			found = hmac.Equal(got, sum) || found
		}
	}
	return found
}
