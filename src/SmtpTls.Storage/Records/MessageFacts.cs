using SmtpTls.Queue;

namespace SmtpTls.Storage.Records;

/// <summary>What a message's row says of it. It is written once and never changed.</summary>
internal sealed record MessageFacts
{
    private const long Version = 1;

    internal required DateTimeOffset ReceivedAt { get; init; }

    internal required long Size { get; init; }

    internal required bool HasEightBit { get; init; }

    internal required bool NeedsSmtpUtf8 { get; init; }

    internal required DsnReturn Return { get; init; }

    internal required string ReversePath { get; init; }

    internal required string? EnvelopeId { get; init; }

    internal required string? MessageId { get; init; }

    internal required string Subject { get; init; }

    internal required MessageOrigin Origin { get; init; }

    internal static byte[] Encode(NewMessage message)
    {
        var writer = new RecordWriter();
        writer.Number(Version);
        writer.Number(Moment.Milliseconds(message.ReceivedAt));
        writer.Number(message.Size);
        writer.Flag(message.HasEightBit);
        writer.Flag(message.NeedsSmtpUtf8);
        writer.Number((int)message.Return);
        writer.Text(message.ReversePath);
        writer.Text(message.EnvelopeId);
        writer.Text(message.MessageId);
        writer.Text(message.Subject);
        OriginRecord.Write(writer, message.Origin);
        return writer.Take();
    }

    internal static MessageFacts Decode(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        reader.Format(Version);
        return new MessageFacts
        {
            ReceivedAt = Moment.Of(reader.Number()),
            Size = reader.Number(),
            HasEightBit = reader.Flag(),
            NeedsSmtpUtf8 = reader.Flag(),
            Return = (DsnReturn)reader.Small(),
            ReversePath = reader.Required(),
            EnvelopeId = reader.Text(),
            MessageId = reader.Text(),
            Subject = reader.Required(),
            Origin = OriginRecord.Read(ref reader) ?? throw RecordReader.Damaged(),
        };
    }
}
