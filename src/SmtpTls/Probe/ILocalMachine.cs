using System.Net;

namespace SmtpTls.Probe;

/// <summary>The names and addresses under which others reach this machine. Tests put a machine of their own here.</summary>
internal interface ILocalMachine
{
    /// <summary>Its host names, the fully qualified one first.</summary>
    IReadOnlyList<DnsName> HostNames { get; }

    /// <summary>The addresses of its interfaces without loopback.</summary>
    IReadOnlyList<IPAddress> Addresses { get; }
}
