using System.Management.Automation;
using System.Net;

namespace SmtpTls.Module;

/// <summary>What the commands that probe servers have in common: targets, and DNS records as input.</summary>
public abstract class ProbeCmdlet : ClientCmdlet
{
    // Of Resolve-DnsName's output, the records that name a mail server: MX, or the addresses of a host that was asked for.
    private static readonly HashSet<string> HostRecords = new(["MX", "A", "AAAA", "SRV"], StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> _namedByDns = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Host names or addresses, each with or without a port.</summary>
    // The order counts: of an MX record NameExchange is the mail server, and Name the domain.
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Server", "NameExchange", "NameTarget", "DNSHostName", "HostName", "Name")]
    [ValidateNotNullOrEmpty]
    public string[] ComputerName { get; set; } = [];

    /// <summary>The port.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, IPEndPoint.MaxPort)]
    public int Port { get; set; }

    /// <summary>Leaves out the look at the machine's own names that follows a loopback target.</summary>
    [Parameter]
    public SwitchParameter NoSecondLook { get; set; }

    /// <summary>The section of a DNS answer that a piped record stood in.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, DontShow = true)]
    public string? Section { get; set; }

    /// <summary>The type of a piped DNS record.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, DontShow = true)]
    public string? QueryType { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var target in ComputerName.Where(IsMailServer))
        {
            var options = OrTerminate(CreateOptions);
            Run(stopping => ProbeAsync(target, options, stopping));
        }
    }

    /// <summary>Probes one target and writes its records.</summary>
    private protected abstract Task ProbeAsync(string target, ProbeOptions options, CancellationToken cancellationToken);

    /// <summary>Writes a record, or the error where the target itself was no good.</summary>
    private protected Task WriteAsync(object record, SmtpFailure? failure, CancellationToken cancellationToken) => OnPipelineAsync(
        () =>
        {
            if (failure is { Code: FindingCode.InvalidInput })
            {
                WriteError(ErrorRecords.From(failure, record));
            }
            else
            {
                WriteObject(record);
            }
        },
        cancellationToken);

    // A DNS answer says more than was asked: the MX records' hosts once more with each of their addresses, CNAMEs on the
    // way, and the SOA where there is nothing. A host is probed once, with all its addresses.
    private bool IsMailServer(string target)
    {
        if (QueryType is null)
        {
            return true;
        }

        if (!HostRecords.Contains(QueryType) || Section is { Length: > 0 } and not "Answer")
        {
            WriteVerbose($"Passed over the {QueryType} record of {target} in section {Section ?? "?"}: it names no mail server that was asked for.");
            return false;
        }

        return _namedByDns.Add(target);
    }

    private ProbeOptions CreateOptions() => new()
    {
        Port = IsBound(nameof(Port)) ? Port : null,
        TlsMode = IsBound(nameof(TlsMode)) ? TlsMode : null,
        ServerName = ServerName,
        Address = Address,
        TlsIdentity = TlsIdentity,
        TrustedCertificates = ReadTrusted(),
        Timeouts = Timeouts,
        HelloName = HelloName,
        SecondLook = !NoSecondLook,
        Transcript = TranscriptToVerbose(),
    };
}
