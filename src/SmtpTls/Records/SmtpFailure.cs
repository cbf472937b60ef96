namespace SmtpTls;

/// <summary>
/// Why something did not work, from the wire to the ErrorRecord: the message names host, address and phase; the
/// advice says what to do.
/// </summary>
public sealed record SmtpFailure
{
    /// <summary>The stable id.</summary>
    public required FindingCode Code { get; init; }

    /// <summary>One or two sentences: the thing, the place, what was expected and what was seen.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it.</summary>
    public string Advice { get; init; } = "";

    /// <summary>True where the same attempt would fail again (5xx, wrong name); false where a retry may help.</summary>
    public bool Permanent { get; init; }

    /// <summary>How far it came, or null where no connection was meant.</summary>
    public SmtpPhase? Phase { get; init; }

    /// <summary>The name that was asked for.</summary>
    public string? Host { get; init; }

    /// <summary>The endpoint that was dialled, <c>address:port</c>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The command that was answered, without secrets.</summary>
    public string? Command { get; init; }

    /// <summary>The server's reply, where there was one.</summary>
    public SmtpReply? Reply { get; init; }

    /// <summary>What the system said underneath, outermost first.</summary>
    public string? Cause { get; init; }

    /// <summary>What was found on the way; begins with the finding that explains the failure, where there is one.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>Code, message and advice in one line.</summary>
    public override string ToString() => Advice.Length == 0 ? $"{Code}: {Message}" : $"{Code}: {Message} {Advice}";
}

/// <summary>Carries an <see cref="SmtpFailure"/> through code that cannot return one.</summary>
public sealed class SmtpException : Exception
{
    /// <summary>The message is the failure's message and advice.</summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="innerException">What the system threw, where it did.</param>
    public SmtpException(SmtpFailure failure, Exception? innerException = null)
        : base(Describe(failure), innerException) => Failure = failure;

    /// <summary>What went wrong.</summary>
    public SmtpFailure Failure { get; }

    private static string Describe(SmtpFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Advice.Length == 0 ? failure.Message : $"{failure.Message} {failure.Advice}";
    }
}
