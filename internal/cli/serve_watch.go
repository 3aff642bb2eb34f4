// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settled is how long files must be left alone before they are read: editors and git write several in a row.
const settled = 150 * time.Millisecond

// watchFiles returns a channel that receives something when files have changed, until ctx ends. Folders are watched, also those
// of single files: editors replace files instead of writing them, and mounted ConfigMaps turn a link.
func watchFiles(ctx context.Context, paths []string, recursive bool, except string) (<-chan struct{}, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching the files: %w", err)
	}
	add := func() error {
		for _, path := range paths {
			if path == "-" {
				continue
			}
			if err := watchPath(watcher, path, recursive, except); err != nil {
				return fmt.Errorf("watching the files: %w", err)
			}
		}
		return nil
	}
	if err := add(); err != nil {
		_ = watcher.Close()
		return nil, err
	}
	changed := make(chan struct{}, 1) // one is as good as many
	go func() {
		defer watcher.Close() //nolint:errcheck // nothing is written
		quiet := time.NewTimer(time.Hour)
		defer quiet.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-watcher.Events:
				if e.Op != fsnotify.Chmod {
					quiet.Reset(settled)
				}
			case <-watcher.Errors: //nolint:errcheck // events were lost: whatever it was, it is read again
				quiet.Reset(settled)
			case <-quiet.C:
				_ = add() // new folders; one that is gone is told by who reads it
				select {
				case changed <- struct{}{}:
				default:
				}
			}
		}
	}()
	return changed, nil
}

func watchPath(w *fsnotify.Watcher, path string, recursive bool, except string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return w.Add(filepath.Dir(path))
	}
	if !recursive {
		return w.Add(path)
	}
	return filepath.WalkDir(path, func(dir string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			return nil
		case samePath(dir, except):
			return filepath.SkipDir
		}
		return w.Add(dir)
	})
}

// samePath reports whether two paths name one folder.
func samePath(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
