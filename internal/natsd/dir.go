// SPDX-License-Identifier: Apache-2.0

package natsd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"
)

// lockDir takes the directory for this process. The lock ends with the process, however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the administrator's
	if err != nil {
		return nil, fmt.Errorf("locking the journal's directory: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrLocked
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", dir, err), f.Close())
	}
	return f, nil
}

func space(dir string) (free, total int64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, fmt.Errorf("asking for the free space of %s: %w", dir, err)
	}
	return int64(st.Bavail) * st.Bsize, int64(st.Blocks) * st.Bsize, nil //nolint:gosec // no volume has 2^63 bytes
}

// checkRecovered compares the streams on disk with those that the server runs. The server only warns of a stream whose
// description it cannot read, and goes on without it.
func checkRecovered(n *server.Server, store string, log *logger) error {
	info, err := n.Jsz(&server.JSzOptions{Accounts: true, Streams: true})
	if err != nil {
		return fmt.Errorf("listing the recovered streams: %w", err)
	}
	recovered := map[string]bool{}
	for _, a := range info.AccountDetails {
		for _, st := range a.Streams {
			recovered[filepath.Join(a.Name, st.Name)] = true
		}
	}
	onDisk, err := filepath.Glob(filepath.Join(store, "*", "streams", "*"))
	if err != nil {
		return fmt.Errorf("listing the streams on disk: %w", err)
	}
	for _, dir := range onDisk {
		account, stream := filepath.Base(filepath.Dir(filepath.Dir(dir))), filepath.Base(dir)
		if recovered[filepath.Join(account, stream)] || strings.HasPrefix(stream, ".") || !hasMessages(dir) {
			continue
		}
		return fmt.Errorf("the journal in %s is damaged: stream %s cannot be recovered: %s", dir, stream, log.lastWarning())
	}
	return nil
}

// hasMessages tells a stream from what is left of one whose creation was interrupted.
func hasMessages(streamDir string) bool {
	blocks, err := filepath.Glob(filepath.Join(streamDir, "msgs", "*.blk"))
	if err != nil {
		return true
	}
	for _, b := range blocks {
		if fi, err := os.Stat(b); err != nil || fi.Size() > 0 {
			return true
		}
	}
	return false
}
