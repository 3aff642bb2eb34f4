// SPDX-License-Identifier: Apache-2.0

// Package image writes container images from static programs, without a container engine.
package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// NonRoot is the user and group that images run as.
const NonRoot = "65532:65532"

const (
	passwd = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
	group  = "root:x:0:\nnonroot:x:65532:\n"
	// certificates is where Debian keeps, and Go looks for, the certificate authorities.
	certificates = "/etc/ssl/certs/ca-certificates.crt"
)

// Options describe an image.
type Options struct {
	// Name is the reference with its tag.
	Name string
	// Out is the docker-archive to write.
	Out string
	// Entrypoint is the program and its first arguments.
	Entrypoint []string
	// Add are files as HOSTFILE:/path.
	Add []string
}

// entry is one file of the image's layer.
type entry struct {
	path string
	kind byte
	mode int64
	user int
	data []byte
}

// Write writes the image. The same files give the same bytes: no time, no host user gets in.
func Write(o Options) error {
	tag, err := name.NewTag(o.Name)
	if err != nil {
		return fmt.Errorf("parsing the image name: %w", err)
	}
	entries, err := gather(o.Add)
	if err != nil {
		return err
	}
	content, err := archive(entries)
	if err != nil {
		return err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
	if err != nil {
		return fmt.Errorf("making the image layer: %w", err)
	}
	img, err := mutate.Append(empty.Image, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: "hack/cluster image"}})
	if err != nil {
		return fmt.Errorf("making the image: %w", err)
	}
	img, err = mutate.ConfigFile(img, configure(img, o.Entrypoint))
	if err != nil {
		return fmt.Errorf("making the image configuration: %w", err)
	}
	temporary := o.Out + ".tmp"
	defer func() { _ = os.Remove(temporary) }()
	if err := tarball.WriteToFile(temporary, tag, img); err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	if err := os.Rename(temporary, o.Out); err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	return nil
}

func configure(img v1.Image, entrypoint []string) *v1.ConfigFile {
	file := &v1.ConfigFile{}
	if made, err := img.ConfigFile(); err == nil {
		file = made.DeepCopy()
	}
	file.OS, file.Architecture = "linux", runtime.GOARCH
	file.Created = v1.Time{Time: time.Unix(0, 0).UTC()}
	file.Config.User = NonRoot
	file.Config.Entrypoint = entrypoint
	file.Config.WorkingDir = "/"
	file.Config.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/nonroot"}
	return file
}

// gather reads the files to add and puts the few files that a program expects beside them.
func gather(add []string) ([]entry, error) {
	entries := []entry{
		{path: "/tmp", kind: tar.TypeDir, mode: 0o1777},
		{path: "/home/nonroot", kind: tar.TypeDir, mode: 0o700, user: 65532},
		{path: "/etc/passwd", kind: tar.TypeReg, mode: 0o644, data: []byte(passwd)},
		{path: "/etc/group", kind: tar.TypeReg, mode: 0o644, data: []byte(group)},
	}
	if data, err := os.ReadFile(certificates); err == nil {
		entries = append(entries, entry{path: certificates, kind: tar.TypeReg, mode: 0o644, data: data})
	}
	for _, a := range add {
		host, inside, ok := strings.Cut(a, ":")
		if !ok || !path.IsAbs(inside) {
			return nil, fmt.Errorf("parsing %q: want HOSTFILE:/path", a)
		}
		info, err := os.Stat(host)
		if err != nil {
			return nil, fmt.Errorf("adding to the image: %w", err)
		}
		data, err := os.ReadFile(host)
		if err != nil {
			return nil, fmt.Errorf("adding to the image: %w", err)
		}
		mode := int64(0o644)
		if info.Mode()&0o111 != 0 {
			mode = 0o755
		}
		entries = append(entries, entry{path: path.Clean(inside), kind: tar.TypeReg, mode: mode, data: data})
	}
	return withParents(entries), nil
}

// withParents adds the folders that entries need and sorts all, parents first. A later entry of the
// same path replaces an earlier one.
func withParents(entries []entry) []entry {
	byPath := map[string]entry{}
	for _, e := range entries {
		for dir := path.Dir(e.path); dir != "/"; dir = path.Dir(dir) {
			if _, ok := byPath[dir]; !ok {
				byPath[dir] = entry{path: dir, kind: tar.TypeDir, mode: 0o755}
			}
		}
		byPath[e.path] = e
	}
	all := make([]entry, 0, len(byPath))
	for _, e := range byPath {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	return all
}

func archive(entries []entry) ([]byte, error) {
	var content bytes.Buffer
	w := tar.NewWriter(&content)
	for _, e := range entries {
		header := &tar.Header{
			Name: strings.TrimPrefix(e.path, "/"), Typeflag: e.kind, Mode: e.mode, Uid: e.user, Gid: e.user,
			Size: int64(len(e.data)), ModTime: time.Unix(0, 0), Format: tar.FormatPAX,
		}
		if e.kind == tar.TypeDir {
			header.Name += "/"
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("archiving %s: %w", e.path, err)
		}
		if _, err := w.Write(e.data); err != nil {
			return nil, fmt.Errorf("archiving %s: %w", e.path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("archiving: %w", err)
	}
	return content.Bytes(), nil
}
