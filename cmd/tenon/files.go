package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// inputMax bounds what is read whole into memory. A plan of 100,000 pods has about 50 MB.
const inputMax = 1 << 30

// readFile reads a file whole, see openInput.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	in, err := openInput(name, stdin)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	data, err := io.ReadAll(io.LimitReader(in, inputMax+1))
	switch {
	case err != nil:
		return nil, badInputf("read %s: %w", name, err)
	case len(data) > inputMax:
		return nil, badInputf("read %s: longer than %d MiB", name, inputMax>>20)
	}
	return data, nil
}

// openInput opens a file, or standard input for "-", and unpacks gzip.
func openInput(name string, stdin io.Reader) (io.ReadCloser, error) {
	in := struct {
		io.Reader
		io.Closer
	}{stdin, io.NopCloser(nil)}
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, badInput(err)
		}
		in.Reader, in.Closer = file, file
	}
	buffered := bufio.NewReader(in.Reader)
	in.Reader = buffered
	if magic, err := buffered.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, badInputf("read %s: %w", name, err)
		}
		in.Reader = unpacked
	}
	return in, nil
}

// writeFile writes a file so that its name holds the whole content or what it held before: the
// bytes go to a file beside it, which then takes its name.
func writeFile(ctx context.Context, name string, data []byte) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	if err := copyWhile(ctx, temp, data); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := temp.Chmod(fileMode(name)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := temp.Close(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(temp.Name(), name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// fileMode keeps the rights of a file that is replaced; a new one can be read by everybody.
func fileMode(name string) os.FileMode {
	if info, err := os.Stat(name); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}

// copyWhile writes in pieces, so that Ctrl-C is heard between them.
func copyWhile(ctx context.Context, w io.Writer, data []byte) error {
	const piece = 1 << 20
	in := bytes.NewReader(data)
	for in.Len() > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(w, in, min(piece, int64(in.Len()))); err != nil {
			return err
		}
	}
	return nil
}

// unlessInterrupted does the work, and gives up waiting for it when the context ends: the planner is
// pure computation and knows no context, so what it is at is left to end with the process.
func unlessInterrupted[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
		cause any // of a panic
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.cause = recover()
			done <- r
		}()
		r.value, r.err = work()
	}()
	select {
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	case r := <-done:
		if r.cause != nil {
			panic(r.cause)
		}
		return r.value, r.err
	}
}
