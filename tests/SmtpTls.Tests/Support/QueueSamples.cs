using System.Text;
using SmtpTls.Queue;

namespace SmtpTls.Tests.Support;

/// <summary>Messages to put into a queue.</summary>
internal static class QueueSamples
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A message from a@test; a recipient's next hop is its domain.</summary>
    public static NewMessage Message(long id, params string[] recipients) => new()
    {
        Id = new QueueId(id),
        ReversePath = "a@test",
        Recipients = recipients.Select(Recipient).ToArray(),
        Size = 0,
        ReceivedAt = Noon,
        Origin = new MessageOrigin { Kind = MessageSourceKind.Import },
        MessageId = $"<{id}@test>",
    };

    public static NewRecipient Recipient(string address)
    {
        var domain = address[(address.LastIndexOf('@') + 1)..];
        return new NewRecipient(address, domain, domain);
    }

    /// <summary>Puts the message in with this content.</summary>
    public static async Task<IReadOnlyList<DeliveryLease>> EnqueueAsync(this IQueueStore store, NewMessage message, string content = "Subject: x\r\n\r\nbody\r\n")
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        using var stream = new MemoryStream(bytes);
        return await store.EnqueueAsync(message with { Size = bytes.Length }, stream, CancellationToken.None);
    }
}
