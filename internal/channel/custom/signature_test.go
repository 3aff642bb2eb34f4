// SPDX-License-Identifier: Apache-2.0

package custom

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The vector that the standard publishes.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorTimestamp = 1614265330
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func keysOf(t *testing.T, secrets ...string) [][]byte {
	t.Helper()
	keys, err := Keys([]byte(strings.Join(secrets, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func vectorHeaders() http.Header {
	h := http.Header{}
	h.Set(HeaderID, vectorID)
	h.Set(HeaderTimestamp, strconv.Itoa(vectorTimestamp))
	h.Set(HeaderSignature, vectorSignature)
	return h
}

func TestSignGivesThePublishedVector(t *testing.T) {
	got := Sign(keysOf(t, vectorSecret)[0], vectorID, time.Unix(vectorTimestamp, 0), []byte(vectorBody))
	if got != vectorSignature {
		t.Fatalf("got %s, want %s", got, vectorSignature)
	}
}

func TestSignatureAgreesWithTheReference(t *testing.T) {
	ref, err := standardwebhooks.NewWebhook(vectorSecret)
	if err != nil {
		t.Fatal(err)
	}
	keys, now := keysOf(t, vectorSecret), time.Now()
	for _, body := range []string{``, `{}`, vectorBody, `{"text":"Grüße 🎈"}`, strings.Repeat("x", 70_000)} {
		theirs, err := ref.Sign("msg_1", now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		h.Set(HeaderID, "msg_1")
		h.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
		h.Set(HeaderSignature, theirs)
		if _, err := Verify(keys, h, []byte(body), now); err != nil {
			t.Errorf("body of %d bytes signed by the reference: %v", len(body), err)
		}
		h.Set(HeaderSignature, Sign(keys[0], "msg_1", now, []byte(body)))
		if err := ref.Verify([]byte(body), h); err != nil {
			t.Errorf("body of %d bytes signed here: the reference says %v", len(body), err)
		}
	}
}

func TestVerify(t *testing.T) {
	const other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
	at := time.Unix(vectorTimestamp, 0)
	for name, tc := range map[string]struct {
		secrets    []string
		change     func(h http.Header)
		body       string
		now        time.Time
		wantHeader string // empty: believed
	}{
		"as published": {},
		"with a secret without prefix": {
			secrets: []string{strings.TrimPrefix(vectorSecret, "whsec_")},
		},
		"with the older of two secrets": {secrets: []string{other, vectorSecret}},
		"among other signatures": {change: func(h http.Header) {
			h.Set(HeaderSignature, "v1a,AAAA v1,bm90IHRoaXM= v1,!!! "+vectorSignature)
		}},
		"without padding": {change: func(h http.Header) {
			h.Set(HeaderSignature, strings.TrimRight(vectorSignature, "="))
		}},
		"five minutes late":   {now: at.Add(Tolerance)},
		"five minutes early":  {now: at.Add(-Tolerance)},
		"too late":            {now: at.Add(Tolerance + time.Second), wantHeader: HeaderTimestamp},
		"too early":           {now: at.Add(-Tolerance - time.Second), wantHeader: HeaderTimestamp},
		"another secret":      {secrets: []string{other}, wantHeader: HeaderSignature},
		"another body":        {body: vectorBody + " ", wantHeader: HeaderSignature},
		"no id":               {change: func(h http.Header) { h.Del(HeaderID) }, wantHeader: HeaderID},
		"no timestamp":        {change: func(h http.Header) { h.Del(HeaderTimestamp) }, wantHeader: HeaderTimestamp},
		"no signature":        {change: func(h http.Header) { h.Del(HeaderSignature) }, wantHeader: HeaderSignature},
		"an id of novel size": {change: func(h http.Header) { h.Set(HeaderID, strings.Repeat("x", 257)) }, wantHeader: HeaderID},
		"another id":          {change: func(h http.Header) { h.Set(HeaderID, "msg_2") }, wantHeader: HeaderSignature},
		"a timestamp in words": {
			change: func(h http.Header) { h.Set(HeaderTimestamp, "yesterday") }, wantHeader: HeaderTimestamp,
		},
		"another timestamp": {
			change: func(h http.Header) { h.Set(HeaderTimestamp, strconv.Itoa(vectorTimestamp+1)) }, wantHeader: HeaderSignature,
		},
		"an enormous timestamp, unsigned": {
			change: func(h http.Header) { h.Set(HeaderTimestamp, "9223372036854775807") }, wantHeader: HeaderSignature,
		},
		"only a version we do not know": {
			change: func(h http.Header) { h.Set(HeaderSignature, "v2,"+vectorSignature[3:]) }, wantHeader: HeaderSignature,
		},
		"an empty signature": {change: func(h http.Header) { h.Set(HeaderSignature, "v1,") }, wantHeader: HeaderSignature},
		"behind a heap of guesses": {
			change: func(h http.Header) {
				h.Set(HeaderSignature, strings.Repeat("v1,AAAA ", maxSignatures)+vectorSignature)
			},
			wantHeader: HeaderSignature,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.secrets == nil {
				tc.secrets = []string{vectorSecret}
			}
			if tc.body == "" {
				tc.body = vectorBody
			}
			if tc.now.IsZero() {
				tc.now = at
			}
			h := vectorHeaders()
			if tc.change != nil {
				tc.change(h)
			}
			id, err := Verify(keysOf(t, tc.secrets...), h, []byte(tc.body), tc.now)
			if tc.wantHeader == "" {
				if err != nil || id != vectorID {
					t.Fatalf("got %q, %v, want it believed", id, err)
				}
				return
			}
			wrong := (*SignatureError)(nil)
			if !errors.As(err, &wrong) || wrong.Header != tc.wantHeader {
				t.Fatalf("got %v, want header %s to be wrong", err, tc.wantHeader)
			}
		})
	}
}

func TestVerifySurvivesAnExtremeSignedTimestamp(t *testing.T) {
	keys := keysOf(t, vectorSecret)
	for _, stamp := range []string{"9223372036854775807", "-9223372036854775808"} {
		h := http.Header{}
		h.Set(HeaderID, "x")
		h.Set(HeaderTimestamp, stamp)
		sum := mac{id: "x", stamp: stamp, body: nil}.sum(keys[0])
		h.Set(HeaderSignature, "v1,"+base64.StdEncoding.EncodeToString(sum))
		wrong := (*SignatureError)(nil)
		if _, err := Verify(keys, h, nil, time.Unix(vectorTimestamp, 0)); !errors.As(err, &wrong) || wrong.Header != HeaderTimestamp {
			t.Errorf("timestamp %s: got %v", stamp, err)
		}
	}
}

func TestKeysRefuseWithoutShowingTheSecret(t *testing.T) {
	for name, file := range map[string]string{
		"empty":      " \n",
		"not base64": "whsec_sup3r-s3cret!!",
		"too short":  "whsec_c2hvcnQ=",
		"one of two": vectorSecret + "\nwhsec_sup3r-s3cret!!",
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := Keys([]byte(file))
			if err == nil {
				t.Fatalf("got %d keys, want an error", len(keys))
			}
			if strings.Contains(err.Error(), "sup3r") || strings.Contains(err.Error(), "c2hv") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
	padded := keysOf(t, "whsec_"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 25)))
	if len(padded) != 1 || len(padded[0]) != 25 {
		t.Errorf("a padded secret gives %d keys", len(padded))
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(vectorID, strconv.Itoa(vectorTimestamp), vectorSignature, []byte(vectorBody))
	f.Add("", "", "", []byte(nil))
	keys, err := Keys([]byte(vectorSecret))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id, stamp, signature string, body []byte) {
		h := http.Header{}
		h.Set(HeaderID, id)
		h.Set(HeaderTimestamp, stamp)
		h.Set(HeaderSignature, signature)
		if _, err := Verify(keys, h, body, time.Unix(vectorTimestamp, 0)); err == nil && string(body) != vectorBody {
			t.Fatalf("a body that nobody signed was believed: %q", body)
		}
	})
}
