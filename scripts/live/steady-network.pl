#!/usr/bin/perl
# Runs a program that cannot watch the machine's network interfaces: a seccomp filter refuses netlink sockets.
# Chromium drops every connection (ERR_NETWORK_CHANGED) whenever an interface gets an address, and starting any container
# does that on the machine beside it. A viewer at home sees nothing of the kind, so a test must not either.
use strict;
use warnings;

my %syscalls = ("x86_64" => [157, 41], "aarch64" => [167, 198]);    # prctl, socket
chomp(my $machine = `uname -m`);
my $numbers = $syscalls{$machine};
if ($numbers) {
    my ($prctl, $socket) = @$numbers;
    my ($AF_NETLINK, $EAFNOSUPPORT) = (16, 97);
    my $filter = join "", map { pack "SCCL", @$_ } (
        [0x20, 0, 0, 0],                              # load the system call's number
        [0x15, 0, 3, $socket],
        [0x20, 0, 0, 16],                             # load its first argument
        [0x15, 0, 1, $AF_NETLINK],
        [0x06, 0, 0, 0x00050000 | $EAFNOSUPPORT],     # refuse
        [0x06, 0, 0, 0x7fff0000],                     # allow
    );
    my $program = pack "S x6 P", length($filter) / 8, $filter;
    my ($PR_SET_NO_NEW_PRIVS, $PR_SET_SECCOMP, $FILTER) = (38, 22, 2);
    syscall($prctl, $PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and syscall($prctl, $PR_SET_SECCOMP, $FILTER, $program, 0, 0) == 0
        or warn "steady-network: not active: $!\n";
}
exec { $ARGV[0] } @ARGV or die "steady-network: $ARGV[0]: $!\n";
