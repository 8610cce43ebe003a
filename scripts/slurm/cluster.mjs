// A Slurm cluster of this one machine in a folder of its own: its own munge daemon, controller and node daemon.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { cpus, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PORTS = { controller: 16817, node: 16818 };

const configuration = (dir, host) => `
ClusterName=gen-bench
SlurmctldHost=${host}
SlurmctldPort=${PORTS.controller}
SlurmdPort=${PORTS.node}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${dir}/munge/socket,cred_expire=15
CredType=cred/munge
StateSaveLocation=${dir}/state
SlurmdSpoolDir=${dir}/spool
SlurmctldPidFile=${dir}/slurmctld.pid
SlurmdPidFile=${dir}/slurmd.pid
SlurmctldLogFile=${dir}/slurmctld.log
SlurmdLogFile=${dir}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=30
SchedulerParameters=sched_interval=2,batch_sched_delay=1
ReturnToService=2
MpiDefault=none
NodeName=${host} NodeHostname=${host} NodeAddr=127.0.0.1 CPUs=${cpus().length} State=UNKNOWN
PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=${host} MaxTime=INFINITE State=UP PriorityTier=10
`;

/**
 * Starts the cluster; needs root, and Debian's slurm-wlm and munge.
 *
 * @param dir an empty folder
 * @returns the environment for Slurm's commands, and a function that stops the daemons
 */
export async function startCluster(dir) {
  const host = hostname().split('.')[0];
  for (const name of ['munge', 'state', 'spool']) mkdirSync(join(dir, name), { mode: 0o755 });
  const key = join(dir, 'munge', 'key');
  writeFileSync(key, randomBytes(128));
  chmodSync(key, 0o400);
  const conf = join(dir, 'slurm.conf');
  writeFileSync(conf, configuration(dir, host));
  const env = { ...process.env, SLURM_CONF: conf };

  const children = [];
  const start = (command, args) => {
    const log = openSync(join(dir, `${command}.out`), 'a');
    const child = spawn(command, args, { env, stdio: ['ignore', log, log] });
    child.on('error', (error) => process.stderr.write(`${command}: ${error.message}\n`));
    children.push(child);
  };
  const munge = (name) => `--${name}=${join(dir, 'munge', name)}`;
  const files = ['socket', 'pid-file', 'log-file', 'seed-file'].map(munge);
  start('munged', ['--foreground', '--force', `--key-file=${key}`, ...files]);
  await delay(1000);
  start('slurmctld', ['-D', '-f', conf]);
  start('slurmd', ['-D', '-f', conf]);
  const stop = () => {
    for (const child of children.reverse()) child.kill('SIGTERM');
  };

  for (let tries = 0; tries < 60; tries++) {
    await delay(500);
    try {
      const state = execFileSync('sinfo', ['--noheader', '--partition=main', '--format=%t'], {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      if (state.trim() === 'idle') return { env, stop };
    } catch {
      // the controller does not answer yet
    }
  }
  stop();
  throw new Error(`the cluster did not come up; see the logs in ${dir}`);
}
