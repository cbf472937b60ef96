using System.Net;

namespace SmtpTls.Cli.Output;

/// <summary>What a listener is, under the property names of <see cref="SmtpListener"/>, in the line that says it is ready.</summary>
internal sealed record ReadyLine
{
    public string Event { get; } = "Ready";

    public required string Name { get; init; }

    public required int Port { get; init; }

    public required IReadOnlyList<IPEndPoint> Endpoints { get; init; }

    public required string HostName { get; init; }

    public required TlsMode TlsMode { get; init; }

    public required StartTlsPolicy StartTls { get; init; }

    public required bool RequireTls { get; init; }

    public required IReadOnlyList<ReadyCertificate> Certificates { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Where messages are kept, as an absolute path; null where they are not.</summary>
    public string? CaptureFolder { get; init; }

    /// <summary>The self-signed certificate, for clients to trust; null where there is none.</summary>
    public string? SelfSignedPem { get; init; }

    public static ReadyLine For(SmtpListener listener, string? captureFolder, string? selfSignedPem) => new()
    {
        Name = listener.Name,
        Port = listener.Port,
        Endpoints = listener.Endpoints,
        HostName = listener.HostName,
        TlsMode = listener.TlsMode,
        StartTls = listener.StartTls,
        RequireTls = listener.RequireTls,
        Certificates = [.. listener.Certificates.Select(c => new ReadyCertificate(c.Subject, c.Names, c.NotAfter, c.Thumbprint))],
        StartedAt = listener.StartedAt,
        Findings = listener.Findings,
        CaptureFolder = captureFolder,
        SelfSignedPem = selfSignedPem,
    };
}

/// <summary>A certificate of the listener, under the property names of <see cref="ListenerCertificate"/>.</summary>
internal sealed record ReadyCertificate(string Subject, IReadOnlyList<string> Names, DateTimeOffset NotAfter, string Thumbprint);
