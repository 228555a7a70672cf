package dev.woodpecker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.runtime.plan.LayoutRate;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayoutRatesTest {
    @Test
    void aRateIsPrintedBesideWhatWasMeasuredAndOneThatWasNotSaysSo() {
        StringWriter text = new StringWriter();
        new LayoutRates(Map.of(LayoutRate.COPIED_BYTES, List.of(8.0, 5.0, 6.5))).print(new PrintWriter(text));
        assertThat(text.toString())
                .contains("    7.00     6.50     5.00 to   8.00      3  bytes copied in a nanosecond")
                .containsPattern(" 60\\.00 +- +multiply-adds in a nanosecond, all data as wanted");
    }
}
