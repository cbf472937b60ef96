using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>What the commands that look into a queue have in common: whose mail, of when, and how much of it.</summary>
public abstract class SearchCmdlet : QueueCmdlet
{
    /// <summary>A pattern for the sender.</summary>
    [Parameter]
    [SupportsWildcards]
    [AllowEmptyString]
    public string? Sender { get; set; }

    /// <summary>A pattern for a recipient.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Recipient { get; set; }

    /// <summary>Only then or later.</summary>
    [Parameter]
    public DateTimeOffset? Since { get; set; }

    /// <summary>Only before.</summary>
    [Parameter]
    public DateTimeOffset? Before { get; set; }

    /// <summary>At most so many.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int First { get; set; }

    /// <summary>How many may still be written.</summary>
    private protected long Left { get; set; } = long.MaxValue;

    /// <summary>The sender's pattern; the empty one, which is the null reverse-path's, only where it was given.</summary>
    private protected string? SenderPattern => IsBound(nameof(Sender)) ? Sender : null;

    /// <inheritdoc/>
    protected override void BeginProcessing() => Left = First > 0 ? First : long.MaxValue;

    /// <summary>A page no larger than what is asked for: not more of the queue is read.</summary>
    /// <param name="usual">The page of a search without a bound.</param>
    private protected int PageSize(int usual) => (int)Math.Min(usual, Left);
}
