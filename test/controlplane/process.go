package controlplane

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is a program that runs in a process group of its own.
type process struct {
	name  string
	log   string // file that has what it prints
	pid   int
	ended chan struct{} // closed once it has ended
}

// launch starts a program; what it prints goes to NAME.log in the folder logs.
func launch(logs, name string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, log: filepath.Join(logs, name+".log"), ended: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of %s: %w", name, err)
	}
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = out, out, groupOfItsOwn()
	started := make(chan error)
	go func() {
		// The kernel ends the program when the thread that has started it ends (see groupOfItsOwn), so that thread waits here.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() //nolint:errcheck // that it ended is all there is to know; why is in its log
		}
		out.Close()
		close(p.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p.pid = cmd.Process.Pid
	return p, nil
}

// kill ends the program and whatever it has started, at once: the data that they leave are thrown away.
func (p *process) kill() error {
	select {
	case <-p.ended: // its number may be another's by now
		return nil
	default:
	}
	if err := syscall.Kill(-p.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end %s (process %d): %w", p.name, p.pid, err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(10 * time.Second):
		return fmt.Errorf("end %s: process %d does not go", p.name, p.pid)
	}
}

// fault says that the program has ended, with the last of what it has printed; nil while it runs.
func (p *process) fault() error {
	select {
	case <-p.ended:
		text, _ := os.ReadFile(p.log)
		return fmt.Errorf("%s has ended; its log %s ends with:\n%s", p.name, p.log, lastLines(text, 5))
	default:
		return nil
	}
}
