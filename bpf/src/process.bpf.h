/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * process.bpf.h: keeps hw_tgids true over time. exe= follows exec (by inode) and fork; a pid leaves
 * the scope when its process ends, so that a reused number is never captured by mistake.
 */
#ifndef HEADWATER_PROCESS_BPF_H
#define HEADWATER_PROCESS_BPF_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct exe_key);
	__type(value, __u32);
} hw_exes SEC(".maps");

SEC("tp_btf/sched_process_exec")
int BPF_PROG(hw_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct inode *inode = bprm->file->f_inode;
	struct exe_key key = { .ino = inode->i_ino, .dev = inode->i_sb->s_dev };
	__u32 tgid = task->tgid, reason = TGID_EXE, *known;

	if (bpf_map_lookup_elem(&hw_exes, &key)) {
		bpf_map_update_elem(&hw_tgids, &tgid, &reason, BPF_NOEXIST);
		return 0;
	}
	known = bpf_map_lookup_elem(&hw_tgids, &tgid);
	if (known && *known == TGID_EXE)
		bpf_map_delete_elem(&hw_tgids, &tgid);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(hw_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 from = parent->tgid, to = child->tgid, reason = TGID_EXE, *known;

	if (from == to)		/* a thread */
		return 0;
	known = bpf_map_lookup_elem(&hw_tgids, &from);
	if (known && *known == TGID_EXE)
		bpf_map_update_elem(&hw_tgids, &to, &reason, BPF_NOEXIST);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(hw_exit, struct task_struct *task)
{
	__u32 tgid = task->tgid;

	if (!task->signal->live.counter)	/* the last thread */
		bpf_map_delete_elem(&hw_tgids, &tgid);
	return 0;
}

#endif
