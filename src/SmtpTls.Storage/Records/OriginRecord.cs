namespace SmtpTls.Storage.Records;

/// <summary>How a message came in, and TLS evidence, as parts of a record.</summary>
internal static class OriginRecord
{
    internal static void Write(RecordWriter writer, MessageOrigin? origin)
    {
        writer.Flag(origin is not null);
        if (origin is null)
        {
            return;
        }

        writer.Number((int)origin.Kind);
        writer.Text(origin.Source);
        writer.Text(origin.RemoteEndPoint);
        writer.Text(origin.HelloName);
        writer.Text(origin.User);
        writer.Text(origin.ClientCertificateSha256);
        WriteEvidence(writer, origin.Tls);
    }

    internal static MessageOrigin? Read(ref RecordReader reader) => !reader.Flag() ? null : new MessageOrigin
    {
        Kind = (MessageSourceKind)reader.Small(),
        Source = reader.Text(),
        RemoteEndPoint = reader.Text(),
        HelloName = reader.Text(),
        User = reader.Text(),
        ClientCertificateSha256 = reader.Text(),
        Tls = ReadEvidence(ref reader),
    };

    internal static void WriteEvidence(RecordWriter writer, TlsEvidence? evidence)
    {
        writer.Flag(evidence is not null);
        if (evidence is null)
        {
            return;
        }

        writer.Number((int)evidence.Mode);
        writer.Text(evidence.Protocol);
        writer.Text(evidence.CipherSuite);
        writer.Text(evidence.ServerNameIndication);
        writer.Text(evidence.ReferenceIdentity);
        writer.Number((int)evidence.IdentityUsed);
        writer.Text(evidence.MatchedIdentity);
        writer.Number((int)evidence.Level);
        writer.Flag(evidence.Verified);
        writer.Flag(evidence.CheckSkipped);
        writer.Text(evidence.PeerThumbprint);
        writer.Text(evidence.PeerSha256);
    }

    internal static TlsEvidence? ReadEvidence(ref RecordReader reader) => !reader.Flag() ? null : new TlsEvidence
    {
        Mode = (TlsMode)reader.Small(),
        Protocol = reader.Required(),
        CipherSuite = reader.Required(),
        ServerNameIndication = reader.Text(),
        ReferenceIdentity = reader.Text(),
        IdentityUsed = (TlsIdentity)reader.Small(),
        MatchedIdentity = reader.Text(),
        Level = (TlsLevel)reader.Small(),
        Verified = reader.Flag(),
        CheckSkipped = reader.Flag(),
        PeerThumbprint = reader.Text(),
        PeerSha256 = reader.Text(),
    };
}
