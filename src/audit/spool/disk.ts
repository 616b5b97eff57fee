import * as fs from 'node:fs'

/** The calls that put records on disk; tests give ones that fail. */
export interface Disk {
  /** Creates a file that must not be there, for its owner alone. */
  create(path: string): number
  write(fd: number, bytes: Buffer, length: number, position: number): Promise<void>
  writeSync(fd: number, bytes: Buffer, length: number, position: number): void
  truncateSync(fd: number, length: number): void
  /** Of a file: its data and its length. */
  sync(fd: number): Promise<void>
  syncSync(fd: number): void
  /** Of a folder: the names in it. */
  syncFolder(path: string): Promise<void>
  syncFolderSync(path: string): void
  close(fd: number): void
}

/** The real disk. Nothing that waits for it runs on the event loop, but for the calls that say `Sync`. */
export const realDisk: Disk = {
  create: (path) => fs.openSync(path, 'wx', 0o600),
  write: (fd, bytes, length, position) =>
    new Promise((resolve, reject) => {
      const writeFrom = (start: number): void =>
        fs.write(fd, bytes, start, length - start, position + start, (error, written) => {
          if (error) reject(error)
          // A disk that is about to be full takes a part first, and says why when asked for the rest.
          else if (start + written < length) writeFrom(start + written)
          else resolve()
        })
      writeFrom(0)
    }),
  writeSync(fd, bytes, length, position) {
    for (let start = 0; start < length;) {
      start += fs.writeSync(fd, bytes, start, length - start, position + start)
    }
  },
  truncateSync: fs.ftruncateSync,
  async sync(fd) {
    await syncData(fd)
    // Somebody has removed it: it goes with this process, however well it is synced. The count of an open file is in memory,
    // right after a sync: to ask another thread for it takes ten times as long, and slows that sync down.
    if (fs.fstatSync(fd).nlink === 0) throw new Error('the segment was removed from its folder')
  },
  syncSync: fs.fdatasyncSync,
  async syncFolder(path) {
    const folder = await fs.promises.open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  syncFolderSync(path) {
    const folder = fs.openSync(path, 'r')
    try {
      fs.fsyncSync(folder)
    } finally {
      fs.closeSync(folder)
    }
  },
  close: fs.closeSync,
}

function syncData(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(fd, (error) => (error ? reject(error) : resolve()))
  })
}
