// SPDX-License-Identifier: Apache-2.0

package credential

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrMissing says that a file is not there (yet): secrets are mounted some time after the plan that names them.
var ErrMissing = errors.New("the credential is not mounted")

const (
	// checkEvery is how often a file is looked at: a rotated secret is used this much later at most.
	checkEvery = time.Second
	// maxFile keeps a mistake from filling the memory; Kubernetes allows a secret 1 MiB.
	maxFile = 1 << 20
)

// ErrUnusable says that a file is there, and that its content is not what such a credential looks like.
var ErrUnusable = errors.New("the credential cannot be used")

// File is the content of a credential.
type File struct {
	Body []byte
	// Version grows when the content may have changed, for what is derived from it.
	Version uint64
}

// Dir is the folder where credentials are mounted. Its content is never logged, nor are errors that would show it.
//
// Content that cannot be used does not replace what could: a slip in a rotation must not stop a channel. What is taken
// away is gone at once.
type Dir struct {
	path  string
	check func(name string, body []byte) error
	now   func() time.Time

	mu      sync.Mutex
	version uint64 // of all files, so that one that went and came back is told from before
	files   map[string]*entry
}

type entry struct {
	file    File // the last that could be used, the zero File if none could
	info    fs.FileInfo
	checked time.Time
	problem error // of what is there now, nil when it is file
}

// NewDir returns the credentials under path, which need not exist. check says what is wrong with the content of a file,
// in words that do not show it; nil takes any content.
func NewDir(path string, check func(name string, body []byte) error) *Dir {
	if check == nil {
		check = func(string, []byte) error { return nil }
	}
	return &Dir{path: path, check: check, now: time.Now, files: map[string]*entry{}}
}

// Secret returns one key of a secret.
func (d *Dir) Secret(secret, key string) (File, error) { return d.File(secret + "." + key) }

// File returns a file by its name in the folder, as it was when it could be used last. The body must not be changed.
func (d *Dir) File(name string) (File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.lookLocked(name)
	if err != nil {
		return File{}, err
	}
	if e.file.Version == 0 {
		return File{}, e.problem
	}
	return e.file, nil
}

// Problem says what is wrong with a file as it is now, also when an earlier one is still used: ErrMissing, ErrUnusable.
func (d *Dir) Problem(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, err := d.lookLocked(name)
	if err != nil {
		return err
	}
	return e.problem
}

func (d *Dir) lookLocked(name string) (*entry, error) {
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("%w: %q is no name of a file", ErrMissing, name)
	}
	e, now := d.files[name], d.now()
	if e != nil && now.Sub(e.checked) < checkEvery {
		return e, nil
	}
	path := filepath.Join(d.path, name)
	info, err := os.Stat(path)
	if err != nil {
		delete(d.files, name)
		return nil, missing(name, err)
	}
	if e == nil {
		e = &entry{}
	}
	if e.info == nil || changed(e.info, info) {
		body, err := read(path, info)
		if err != nil {
			return nil, missing(name, err)
		}
		e.info, e.problem = info, nil
		if wrong := d.check(name, body); wrong != nil {
			e.problem = fmt.Errorf("%w: %s: %w", ErrUnusable, name, wrong)
		} else {
			d.version++
			e.file = File{Body: body, Version: d.version}
		}
	}
	e.checked = now
	d.files[name] = e
	return e, nil
}

// changed also compares the files themselves: a mounted secret is replaced by turning a link to another file, which may
// have the same size.
func changed(a, b fs.FileInfo) bool {
	return a.Size() != b.Size() || !a.ModTime().Equal(b.ModTime()) || !os.SameFile(a, b)
}

func read(path string, info fs.FileInfo) ([]byte, error) {
	if info.Size() > maxFile {
		return nil, fmt.Errorf("larger than %d bytes", maxFile)
	}
	return os.ReadFile(path) // #nosec G304 -- the name is local to the folder
}

func missing(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrMissing, name)
	}
	return fmt.Errorf("reading credential %s: %w", name, err)
}
