package controlplane

import "syscall"

// groupOfItsOwn keeps a Ctrl-C of the terminal from the program, and has the kernel end it if this process dies.
func groupOfItsOwn() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
