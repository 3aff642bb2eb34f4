// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Encode sorts p's lists, and returns its canonical bytes with their version. p is ready for use afterwards, as if it
// had been decoded.
func (p *Plan) Encode() (body []byte, version string, err error) {
	slices.SortFunc(p.Workstreams, func(a, b Workstream) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Channels, func(a, b Channel) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Queues, func(a, b Queue) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Agents, func(a, b Agent) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(p.Issuers, func(a, b Issuer) int { return strings.Compare(a.Issuer, b.Issuer) })
	if err := p.buildIndex(); err != nil {
		return nil, "", err
	}
	if body, err = json.Marshal(p); err != nil {
		return nil, "", fmt.Errorf("encoding plan: %w", err)
	}
	return body, Version(body), nil
}

// Decode reads what Encode wrote. It refuses a body that it does not understand whole: a plan that is half understood
// would route wrongly.
func Decode(body []byte) (*Plan, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	p := &Plan{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("decoding plan: %w", err)
	}
	if err := p.buildIndex(); err != nil {
		return nil, err
	}
	return p, nil
}

// Version is the name of a plan by its content: 16 hexadecimal digits of the SHA-256 of its canonical bytes.
func Version(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

// SetRevision sets w's revision to the hash of its other fields.
func (w *Workstream) SetRevision() error {
	c := *w
	c.Revision = ""
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encoding workstream %s: %w", w.Name, err)
	}
	w.Revision = Version(body)[:10]
	return nil
}
