namespace SmtpTls.Tests.Net;

public sealed class MessageCaptureTests
{
    [Fact]
    public void It_can_be_disposed_of_twice()
    {
        var capture = new MessageCapture();
        capture.Dispose();
        capture.Dispose();
        Assert.Equal(0, capture.Count);
    }
}
