using SmtpTls.Queue;

namespace SmtpTls.Storage.Records;

/// <summary>A recipient of a delivery who waits. A delivery's row holds all of its recipients: one row to write, one to delete.</summary>
internal sealed record WaitingRecipient(int Number, string Address, DsnNotify Notify, string? OriginalRecipient, string? LastFailure)
{
    private const long Version = 1;

    internal static byte[] Encode(IReadOnlyList<WaitingRecipient> recipients)
    {
        var writer = new RecordWriter();
        writer.Number(Version);
        writer.Number(recipients.Count);
        foreach (var recipient in recipients)
        {
            writer.Number(recipient.Number);
            writer.Text(recipient.Address);
            writer.Number((int)recipient.Notify);
            writer.Text(recipient.OriginalRecipient);
            writer.Text(recipient.LastFailure);
        }

        return writer.Take();
    }

    internal static WaitingRecipient[] Decode(ReadOnlySpan<byte> record)
    {
        var reader = new RecordReader(record);
        reader.Format(Version);
        var count = reader.Small();

        // A recipient takes five bytes at least: a damaged count allocates nothing.
        if (count < 0 || count > record.Length / 5)
        {
            throw RecordReader.Damaged();
        }

        var recipients = new WaitingRecipient[count];
        for (var i = 0; i < count; i++)
        {
            recipients[i] = new WaitingRecipient(reader.Small(), reader.Required(), (DsnNotify)reader.Small(), reader.Text(), reader.Text());
        }

        return recipients;
    }

    internal LeasedRecipient ToLeased() => new(Number, Address, Notify, OriginalRecipient);
}
