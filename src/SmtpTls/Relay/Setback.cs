namespace SmtpTls.Relay;

/// <summary>What stands in the way of the recipients who are pending.</summary>
/// <param name="Failure">Why.</param>
/// <param name="Rule">What it means.</param>
/// <param name="Reply">The reply that decided, said or made up; or null.</param>
internal sealed record Setback(SmtpFailure Failure, DeliveryRule Rule, SmtpReply? Reply)
{
    /// <summary>True where it is about this connection alone, and a new one to the same place is due.</summary>
    public bool IsOfTheConnection { get; init; }

    /// <summary>True where it returns the message, as far as it is asked.</summary>
    public bool Bounces => Rule.MayBounce && Failure.Permanent;

    /// <summary>The setback that a failure is by the table.</summary>
    public static Setback Of(SmtpFailure failure)
    {
        var rule = DeliveryRules.Of(failure);
        return new Setback(failure, rule, DeliveryRules.ReplyTo(failure, rule));
    }
}
