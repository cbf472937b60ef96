namespace SmtpTls.Storage.Records;

/// <summary>An entry of the tracking log as a record. Time and message stand beside it in columns.</summary>
internal static class EventRecord
{
    private const long Version = 1;

    internal static byte[] Encode(TrackingEvent entry)
    {
        var writer = new RecordWriter();
        writer.Number(Version);
        writer.Number((int)entry.Kind);
        writer.Text(entry.From);
        writer.Number(entry.Recipients.Count);
        foreach (var recipient in entry.Recipients)
        {
            writer.Text(recipient);
        }

        writer.Text(entry.NextHop);
        writer.Text(entry.MessageId);
        writer.Text(entry.Queue);
        writer.Number(entry.Size);
        writer.Text(entry.Host);
        writer.Text(entry.EndPoint);
        writer.Number(entry.Attempt);
        writer.Optional((int?)entry.TlsLevel);
        OriginRecord.WriteEvidence(writer, entry.Tls);
        writer.Text(entry.Reply);
        writer.Text(entry.RemoteQueueId);

        // By its name: codes are added in the middle of their list.
        writer.Text(entry.Code?.ToString());
        writer.Text(entry.Detail);
        OriginRecord.Write(writer, entry.Origin);
        writer.Optional(entry.Age?.Ticks);
        return writer.Take();
    }

    internal static TrackingEvent Decode(DateTimeOffset time, QueueId id, ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        reader.Format(Version);
        return new TrackingEvent
        {
            Time = time,
            Id = id,
            Kind = (TrackingEventKind)reader.Small(),
            From = reader.Required(),
            Recipients = ReadRecipients(ref reader, record.Length),
            NextHop = reader.Text(),
            MessageId = reader.Text(),
            Queue = reader.Required(),
            Size = reader.Number(),
            Host = reader.Text(),
            EndPoint = reader.Text(),
            Attempt = reader.Small(),
            TlsLevel = (TlsLevel?)reader.Optional(),
            Tls = OriginRecord.ReadEvidence(ref reader),
            Reply = reader.Text(),
            RemoteQueueId = reader.Text(),

            // A code that a later version knew is none here; the event's sentences say what it meant.
            Code = Enum.TryParse<FindingCode>(reader.Text(), out var code) ? code : null,
            Detail = reader.Text(),
            Origin = OriginRecord.Read(ref reader),
            Age = reader.Optional() is { } ticks ? TimeSpan.FromTicks(ticks) : null,
        };
    }

    private static string[] ReadRecipients(ref RecordReader reader, int limit)
    {
        var count = reader.Small();
        if (count < 0 || count > limit)
        {
            throw RecordReader.Damaged();
        }

        var recipients = new string[count];
        for (var i = 0; i < count; i++)
        {
            recipients[i] = reader.Required();
        }

        return recipients;
    }
}
