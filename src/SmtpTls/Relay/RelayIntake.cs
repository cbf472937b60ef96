using SmtpTls.Mail;
using SmtpTls.Protocol;
using SmtpTls.Queue;

namespace SmtpTls.Relay;

/// <summary>
/// The one way into a relay's queue, whatever door a message came by: counts its hops, puts the trace header before it,
/// finds its recipients' next hops, and answers when the queue has it on disk. The bytes go on as they are, so that
/// signatures hold (RFC 6376).
/// </summary>
/// <param name="store">The queue.</param>
/// <param name="routes">Where mail goes.</param>
/// <param name="ids">Makes queue ids.</param>
/// <param name="hostName">The relay's name in trace headers.</param>
/// <param name="watcher">Who delivers.</param>
internal sealed class RelayIntake(IQueueStore store, RouteTable routes, QueueIdSource ids, string hostName, IEnqueueWatcher watcher)
{
    // Of a header's value that is kept beside the message, in characters: a line of RFC 5322 §2.1.1.
    private const int LongestFact = 998;

    /// <summary>Takes a message into the queue.</summary>
    /// <param name="message">The message. Its content is read until this returns.</param>
    /// <param name="cancellationToken">Where it is cancelled in time nothing is kept.</param>
    /// <returns>Its id, or why it was not taken: then nothing of it was.</returns>
    /// <exception cref="SmtpException">The store failed; the message may be tried again.</exception>
    /// <exception cref="IOException">The content cannot be read.</exception>
    public async ValueTask<IntakeAnswer> AcceptAsync(IntakeMessage message, CancellationToken cancellationToken)
    {
        var headers = await ReadHeadersAsync(message, cancellationToken).ConfigureAwait(false);
        var hops = TraceHeader.CountHops(headers);
        if (hops > TraceHeader.MaximumHops)
        {
            return Loop(hops);
        }

        if (!TryRoute(message, out var recipients, out var failure))
        {
            return new IntakeAnswer(null, failure);
        }

        var id = message.Id ?? ids.Next();
        var trace = TraceHeader.Compose(
            message.Origin, message.Protocol, hostName, id, recipients.Count == 1 ? recipients[0].Address : null, message.ReceivedAt);
        var content = message.OpenContent();
        await using (content.ConfigureAwait(false))
        {
            // A first line that begins with white space would go on our field's line (RFC 5322 §2.2.3): it is body, and the
            // blank line that ends the header stands before it.
            byte[] prefix = headers.BeginsWithWhiteSpace ? [.. trace, .. "\r\n"u8] : trace;
            await EnqueueAsync(Describe(message, id, headers, recipients, prefix.Length), new PrefixedStream(prefix, content), cancellationToken).ConfigureAwait(false);
        }

        return new IntakeAnswer(id, null);
    }

    /// <summary>True where the queue took a message of this id, be it gone by now.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<bool> HasTakenAsync(QueueId id, CancellationToken cancellationToken)
    {
        var page = await store.FindEventsAsync(new TrackingQuery { Id = id, Kinds = [TrackingEventKind.Receive], PageSize = 1 }, cancellationToken).ConfigureAwait(false);
        return page.Events.Count > 0;
    }

    /// <summary>An id for a message that is yet to come.</summary>
    public QueueId NextId() => ids.Next();

    private static async ValueTask<MessageHeaders> ReadHeadersAsync(IntakeMessage message, CancellationToken cancellationToken)
    {
        var content = message.OpenContent();
        await using (content.ConfigureAwait(false))
        {
            return await MessageHeaders.ReadAsync(content, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask EnqueueAsync(NewMessage message, PrefixedStream content, CancellationToken cancellationToken)
    {
        var lease = watcher.OfferLease(message.Recipients.Select(r => r.NextHop).Distinct(StringComparer.Ordinal).ToArray());
        var stored = false;
        try
        {
            var leased = message with { Lease = lease };
            var leases = await store.EnqueueAsync(leased, content, cancellationToken).ConfigureAwait(false);
            stored = true;
            watcher.Enqueued(leased, leases);
        }
        finally
        {
            if (!stored)
            {
                watcher.NotEnqueued(lease);
            }
        }
    }

    private static NewMessage Describe(IntakeMessage message, QueueId id, MessageHeaders headers, IReadOnlyList<NewRecipient> recipients, int added)
    {
        var messageId = headers.MessageId is { } value ? Fact(value) : null;
        var size = message.Size + added;
        return new NewMessage
        {
            Id = id,
            ReversePath = message.ReversePath,
            Recipients = recipients,
            Size = size,
            ReceivedAt = message.ReceivedAt,
            Origin = message.Origin,
            HasEightBit = message.HasEightBit,
            NeedsSmtpUtf8 = message.NeedsSmtpUtf8,
            Return = message.Return,
            EnvelopeId = message.EnvelopeId,
            MessageId = messageId,
            Subject = Fact(headers.Subject),
            Events =
            [
                new TrackingEvent
                {
                    Time = message.ReceivedAt,
                    Kind = TrackingEventKind.Receive,
                    Id = id,
                    MessageId = messageId,
                    From = message.ReversePath,
                    Recipients = recipients.Select(r => r.Address).ToArray(),
                    Size = size,
                    EndPoint = message.Origin.RemoteEndPoint,
                    Tls = message.Origin.Tls,
                    Origin = message.Origin,
                },
            ],
        };
    }

    // Each recipient once, whatever the case of its domain (RFC 5321 §2.4).
    private bool TryRoute(IntakeMessage message, out IReadOnlyList<NewRecipient> recipients, out SmtpFailure? failure)
    {
        var found = new List<NewRecipient>(message.Recipients.Count);
        var seen = new HashSet<(string, string)>(message.Recipients.Count);
        recipients = found;
        failure = null;
        foreach (var recipient in message.Recipients)
        {
            var address = RelayAddress.Complete(recipient.Address, hostName);
            if (!RouteTable.TryDomainOf(address, out var domain) || routes.NextHop(domain) is not { } nextHop)
            {
                failure = RelayAddress.NoRoute(address);
                return false;
            }

            if (seen.Add((address[..address.LastIndexOf('@')], domain)))
            {
                found.Add(new NewRecipient(address, domain, nextHop) { Notify = recipient.Notify, OriginalRecipient = recipient.OriginalRecipient });
            }
        }

        return true;
    }

    private static IntakeAnswer Loop(int hops)
    {
        var text = FormattableString.Invariant($"The message has passed {hops} servers already: mail loop");
        return new IntakeAnswer(null, new SmtpFailure
        {
            Code = FindingCode.MailLoop,
            Message = text + ".",
            Advice = "Look at its Received fields: some servers name each other as the next hop.",
            Permanent = true,
            Reply = new SmtpReply(554, new EnhancedStatusCode(5, 4, 6), [text]),
        });
    }

    // What a header said, harmless on a terminal and bounded.
    private static string Fact(string value)
    {
        var text = WireText.Clean(value);
        return text.Length <= LongestFact ? text
            : text[..(char.IsHighSurrogate(text[LongestFact - 1]) ? LongestFact - 1 : LongestFact)];
    }
}
