namespace SmtpTls;

/// <summary>How long a phase took.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Milliseconds">Elapsed time in milliseconds.</param>
public sealed record PhaseTiming(SmtpPhase Phase, double Milliseconds);
