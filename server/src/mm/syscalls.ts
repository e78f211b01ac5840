// Every way into the simulated kernel: what the operations of the language call.

export { user_read, user_write } from "./access.ts";
export { sys_brk } from "./brk.ts";
export { compact_zone } from "./compaction.ts";
export { deferred_split_scan } from "./deferred_split_scan.ts";
export { sys_fallocate } from "./fallocate.ts";
export { create_file, memfd_create, open_device, sys_close, sys_ftruncate } from "./files.ts";
export { sys_clone, sys_fork, sys_vfork } from "./fork.ts";
export { split_pmd } from "./huge_pmd_split.ts";
export { khugepaged } from "./khugepaged.ts";
export { ksm_do_scan } from "./ksm_scan.ts";
export { lru_add_drain } from "./lru.ts";
export { swapout, sys_madvise } from "./madvise.ts";
export { sys_mlock, sys_munlock } from "./mlock.ts";
export { sys_mmap } from "./mmap.ts";
export { do_pages_move } from "./move_pages.ts";
export { sys_mprotect } from "./mprotect.ts";
export { sys_mremap } from "./mremap.ts";
export { sys_msync } from "./msync.ts";
export { sys_munmap } from "./munmap.ts";
export {
  dma_write,
  get_user_pages,
  io_uring_register,
  o_direct_read,
  o_direct_write,
  pin_user_pages,
  process_vm_readv,
  ptrace_poke,
  release,
  tee,
  vmsplice,
} from "./pins.ts";
export { refpage_create } from "./refpage.ts";
export { clear_refs_write } from "./soft_dirty.ts";
export { split_huge_pages_pid } from "./split_huge_pages.ts";
export { sys_swapoff } from "./swapoff.ts";
export { boot, new_task, sys_execve, sys_exit } from "./tasks.ts";
export { drop_caches, writeback } from "./truncate.ts";
export { reclaim } from "./vmscan.ts";
