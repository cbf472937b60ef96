using System.Runtime.CompilerServices;
using SmtpTls.Dns;
using SmtpTls.Net;
using SmtpTls.Probe;

namespace SmtpTls;

/// <summary>
/// Asks SMTP servers whether STARTTLS is there and which certificate they present, with the dialogue and the verification
/// of <see cref="SmtpSender"/>, so that "what would a sender see?" has one answer. An instance keeps nothing from one
/// probe to the next and may be used by several threads.
/// </summary>
public sealed class SmtpProbe
{
    private readonly ServerProber _prober;

    /// <param name="resolver">Looks up the targets' addresses. Null: the system does.</param>
    /// <param name="clock">Time-outs, timings and the validity of certificates go by it. Null: the system's.</param>
    public SmtpProbe(IDnsResolver? resolver = null, TimeProvider? clock = null)
        : this(resolver ?? new SystemDnsResolver(), clock ?? TimeProvider.System, new TcpConnector(), new SystemLocalMachine())
    {
    }

    internal SmtpProbe(IDnsResolver resolver, TimeProvider clock, IConnector connector, ILocalMachine machine) =>
        _prober = new ServerProber(new Dialer(resolver, connector, clock), machine, clock);

    /// <summary>
    /// Is STARTTLS there, and if not, why: one record an address of the target, in the resolver's order. After a loopback
    /// target without STARTTLS follow the records of the second look (<see cref="CapabilityResult.SecondLookFor"/>).
    /// </summary>
    /// <param name="target"><c>HOST[:PORT]</c>; an IPv6 address with a port has brackets.</param>
    /// <param name="options">How. Null: all defaults.</param>
    /// <param name="cancellationToken">Ends the probe at once.</param>
    /// <returns>At least one record; a target that cannot be reached, or is none, has a record with <see cref="CapabilityResult.Failure"/>.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<CapabilityResult> GetCapabilityAsync(
        string target, ProbeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new ProbeOptions();
        var (request, failure) = options.Prepare(target);
        if (request is null)
        {
            var (shown, port, mode) = Described(target, options);
            yield return LookRecords.InvalidCapability(shown, port, mode, failure!);
            yield break;
        }

        await foreach (var look in _prober.LookAsync(request, cancellationToken).ConfigureAwait(false))
        {
            yield return LookRecords.ToCapability(look);
        }
    }

    /// <summary>
    /// Which certificate is presented, and does it hold: one record an address of the target, in the resolver's order.
    /// After a loopback target without STARTTLS follow the records of the second look (<see cref="CertificateResult.SecondLookFor"/>).
    /// </summary>
    /// <param name="target"><c>HOST[:PORT]</c>; an IPv6 address with a port has brackets.</param>
    /// <param name="options">How. Null: all defaults.</param>
    /// <param name="cancellationToken">Ends the probe at once.</param>
    /// <returns>At least one record; where no certificate was seen it has a <see cref="CertificateResult.Failure"/>.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<CertificateResult> GetCertificateAsync(
        string target, ProbeOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        options ??= new ProbeOptions();
        var (request, failure) = options.Prepare(target);
        if (request is null)
        {
            var (shown, port, mode) = Described(target, options);
            yield return LookRecords.InvalidCertificate(shown, port, mode, failure!);
            yield break;
        }

        await foreach (var look in _prober.LookAsync(request, cancellationToken).ConfigureAwait(false))
        {
            yield return LookRecords.ToCertificate(look);
        }
    }

    private static (string Target, int Port, TlsMode Mode) Described(string? target, ProbeOptions options)
    {
        _ = ProbeTarget.TryParse(target, out var parsed, out _);
        var port = options.PortFor(parsed);
        return (target ?? "", port, options.ModeFor(port));
    }
}
