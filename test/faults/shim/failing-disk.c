/*
 * Makes calls on files below one folder fail, for LD_PRELOAD: from the FAULT_CALL-th on, FAULT_TIMES of them,
 * with errno FAULT_ERRNO. Each call is written to FAULT_LOG by its name.
 *
 * Below libc nothing is touched: what the process believes to have written before is there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static const char *folder;
static long first, times, error_number;
static int log_fd = -1;

__attribute__((constructor)) static void read_order(void) {
  const char *log_path = getenv("FAULT_LOG");
  folder = getenv("FAULT_FOLDER");
  first = atol(getenv("FAULT_CALL") ?: "0");
  times = atol(getenv("FAULT_TIMES") ?: "1");
  error_number = atol(getenv("FAULT_ERRNO") ?: "5");
  if (folder && log_path) {
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
}

static int fails(const char *name, const char *path) {
  if (!folder || !path || strncmp(path, folder, strlen(folder)) != 0) return 0;
  long number = atomic_fetch_add(&calls, 1) + 1;
  int failing = first > 0 && number >= first && number < first + times;
  if (log_fd >= 0) {
    char line[32];
    int length = snprintf(line, sizeof line, "%s%s\n", name, failing ? " failed" : "");
    syscall(SYS_write, log_fd, line, length);
  }
  if (failing) errno = (int)error_number;
  return failing;
}

static int fails_on(const char *name, int fd) {
  char link[64], path[4096];
  if (!folder || fd < 0) return 0;
  int saved = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  errno = saved;
  if (length < 0) return 0;
  path[length] = 0;
  return fails(name, path);
}

#define REAL(type, name, ...)                                             \
  static type (*real)(__VA_ARGS__);                                       \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define ON_FD(type, function, name, parameters, types, arguments, fd)     \
  type function parameters {                                              \
    static type(*real) types;                                             \
    if (!real) real = (type(*) types)dlsym(RTLD_NEXT, #function);         \
    return fails_on(name, fd) ? -1 : real arguments;                      \
  }

#define ON_PATH(function, name, parameters, types, arguments, path)       \
  int function parameters {                                               \
    static int(*real) types;                                              \
    if (!real) real = (int(*) types)dlsym(RTLD_NEXT, #function);          \
    return fails(name, path) ? -1 : real arguments;                       \
  }

#define OPEN(function)                                                    \
  int function(const char *path, int flags, ...) {                        \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    mode_t mode = va_arg(rest, mode_t);                                   \
    va_end(rest);                                                         \
    REAL(int, #function, const char *, int, ...);                         \
    return fails("open", path) ? -1 : real(path, flags, mode);            \
  }

OPEN(open)
OPEN(open64)
ON_FD(ssize_t, write, "write", (int fd, const void *b, size_t n), (int, const void *, size_t), (fd, b, n), fd)
ON_FD(ssize_t, pwrite, "write", (int fd, const void *b, size_t n, off_t o), (int, const void *, size_t, off_t), (fd, b, n, o), fd)
ON_FD(ssize_t, pwrite64, "write", (int fd, const void *b, size_t n, off64_t o), (int, const void *, size_t, off64_t), (fd, b, n, o), fd)
ON_FD(ssize_t, writev, "write", (int fd, const struct iovec *v, int n), (int, const struct iovec *, int), (fd, v, n), fd)
ON_FD(ssize_t, pwritev, "write", (int fd, const struct iovec *v, int n, off_t o), (int, const struct iovec *, int, off_t), (fd, v, n, o), fd)
ON_FD(ssize_t, pwritev64, "write", (int fd, const struct iovec *v, int n, off64_t o), (int, const struct iovec *, int, off64_t), (fd, v, n, o), fd)
ON_FD(ssize_t, read, "read", (int fd, void *b, size_t n), (int, void *, size_t), (fd, b, n), fd)
ON_FD(ssize_t, pread, "read", (int fd, void *b, size_t n, off_t o), (int, void *, size_t, off_t), (fd, b, n, o), fd)
ON_FD(ssize_t, pread64, "read", (int fd, void *b, size_t n, off64_t o), (int, void *, size_t, off64_t), (fd, b, n, o), fd)
ON_FD(int, fsync, "fsync", (int fd), (int), (fd), fd)
ON_FD(int, fdatasync, "fdatasync", (int fd), (int), (fd), fd)
ON_FD(int, ftruncate, "ftruncate", (int fd, off_t n), (int, off_t), (fd, n), fd)
ON_FD(int, ftruncate64, "ftruncate", (int fd, off64_t n), (int, off64_t), (fd, n), fd)
ON_PATH(rename, "rename", (const char *a, const char *b), (const char *, const char *), (a, b), a)
ON_PATH(unlink, "unlink", (const char *p), (const char *), (p), p)
ON_PATH(rmdir, "rmdir", (const char *p), (const char *), (p), p)
ON_PATH(mkdir, "mkdir", (const char *p, mode_t m), (const char *, mode_t), (p, m), p)
