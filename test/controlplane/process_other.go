//go:build !linux

package controlplane

import "syscall"

// groupOfItsOwn keeps a Ctrl-C of the terminal from the program.
func groupOfItsOwn() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
