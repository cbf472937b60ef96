namespace SmtpTls.Queue;

/// <summary>Which messages of a queue. Every filter that is set must hold; patterns know <c>*</c> and <c>?</c> and no case.</summary>
public sealed record MessageQuery
{
    /// <summary>Only these; empty: any.</summary>
    public IReadOnlyList<QueueId> Ids { get; init; } = [];

    /// <summary>Only in this state; null: in any.</summary>
    public QueueState? State { get; init; }

    /// <summary>A pattern for the reverse-path; null: any.</summary>
    public string? Sender { get; init; }

    /// <summary>A pattern that a recipient who still waits matches; null: any.</summary>
    public string? Recipient { get; init; }

    /// <summary>A pattern that the next hop of a recipient who still waits matches; null: any.</summary>
    public string? NextHop { get; init; }

    /// <summary>Only what was accepted before; null: whenever.</summary>
    public DateTimeOffset? ReceivedBefore { get; init; }

    /// <summary>Only what was accepted then or later; null: whenever.</summary>
    public DateTimeOffset? ReceivedSince { get; init; }

    /// <summary>Only messages whose id is greater: the last one of the page before. Null: from the beginning.</summary>
    public QueueId? After { get; init; }

    /// <summary>Messages a page, 1 to 10,000. Default 1,000: a page of usual messages is about a megabyte.</summary>
    public int PageSize { get; init; } = 1000;
}

/// <summary>Which entries of the tracking log. Every filter that is set must hold; patterns know <c>*</c> and <c>?</c> and no case.</summary>
public sealed record TrackingQuery
{
    /// <summary>Only about this message; null: any.</summary>
    public QueueId? Id { get; init; }

    /// <summary>Only with this Message-ID header, with or without angle brackets; null: any.</summary>
    public string? MessageId { get; init; }

    /// <summary>Only of these kinds; empty: any.</summary>
    public IReadOnlyList<TrackingEventKind> Kinds { get; init; } = [];

    /// <summary>A pattern for the reverse-path; null: any.</summary>
    public string? Sender { get; init; }

    /// <summary>A pattern that one of the recipients matches; null: any.</summary>
    public string? Recipient { get; init; }

    /// <summary>A pattern for the next hop; null: any.</summary>
    public string? NextHop { get; init; }

    /// <summary>Only then or later; null: from the beginning.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only before; null: to the end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Where the page before ended; null: from the beginning.</summary>
    public string? Continuation { get; init; }

    /// <summary>Entries a page, 1 to 10,000. Default 1,000.</summary>
    public int PageSize { get; init; } = 1000;
}

/// <summary>A page of the tracking log.</summary>
/// <param name="Events">The entries.</param>
/// <param name="Continuation">What to ask the next page with; null where there is none.</param>
public sealed record TrackingPage(IReadOnlyList<TrackingEvent> Events, string? Continuation);
