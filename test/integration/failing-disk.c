/*
 * Stands between a process and its C library: from the moment that a file exists, calls of one kind on the event log
 * fail with EIO, as they do on a disk that is about to die.
 *
 *   LD_PRELOAD       this library
 *   FAILING_CALL     fsync or write
 *   FAILING_SINCE    path of the file that makes the calls fail
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int descriptor, const char *call) {
  const char *failing = getenv("FAILING_CALL");
  const char *since = getenv("FAILING_SINCE");
  if (failing == NULL || since == NULL || strcmp(failing, call) != 0 || access(since, F_OK) != 0) return 0;
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  if (strstr(path, "events.sqlite") == NULL) return 0;
  errno = EIO;
  return 1;
}

int fsync(int descriptor) {
  static int (*next)(int);
  if (fails(descriptor, "fsync")) return -1;
  if (next == NULL) next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return next(descriptor);
}

int fdatasync(int descriptor) {
  static int (*next)(int);
  if (fails(descriptor, "fsync")) return -1;
  if (next == NULL) next = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return next(descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  static ssize_t (*next)(int, const void *, size_t);
  if (fails(descriptor, "write")) return -1;
  if (next == NULL) next = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  return next(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  static ssize_t (*next)(int, const void *, size_t, off_t);
  if (fails(descriptor, "write")) return -1;
  if (next == NULL) next = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  return next(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  static ssize_t (*next)(int, const void *, size_t, off64_t);
  if (fails(descriptor, "write")) return -1;
  if (next == NULL) next = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
  return next(descriptor, bytes, count, offset);
}
