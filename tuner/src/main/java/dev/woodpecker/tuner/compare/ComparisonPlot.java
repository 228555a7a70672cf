package dev.woodpecker.tuner.compare;

import dev.woodpecker.runtime.timing.Distribution;
import java.util.List;
import java.util.Locale;

/**
 * A comparison as a picture: a panel a kernel, the best so far against the number of trials, for each search the median
 * over the seeds as a line and the quartiles as a band.
 */
public record ComparisonPlot(Comparison comparison) {
    private static final int COLUMNS = 3;
    private static final int PANEL_WIDTH = 330;
    private static final int PANEL_HEIGHT = 250;
    private static final int LEFT = 52;
    private static final int RIGHT = 12;
    private static final int TOP = 30;
    private static final int BOTTOM = 42;
    private static final int LEGEND = 44;

    /** Times slower than this are drawn at the upper edge. */
    private static final double SLOWEST = 2;

    private static final List<Integer> TRIAL_TICKS = List.of(1, 2, 4, 8, 16, 32, 64, 200);
    private static final List<Double> TIME_TICKS = List.of(1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 2.0);

    /** Told apart by people who do not see all colours (Okabe and Ito), and by their dashes. */
    private record Style(String colour, String dashes) {}

    private static final List<Style> STYLES = List.of(
            new Style("#777777", "2 3"),
            new Style("#0072b2", "7 3"),
            new Style("#d55e00", "9 3 2 3"),
            new Style("#009e73", "none"));

    public String svg() {
        List<Landscape> landscapes = comparison.landscapes();
        int rows = Math.ceilDiv(landscapes.size(), COLUMNS);
        int width = COLUMNS * PANEL_WIDTH;
        int height = LEGEND + rows * PANEL_HEIGHT;
        StringBuilder svg = new StringBuilder();
        svg.append(("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n")
                .formatted(width, height, width, height));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        legend(svg);
        for (int i = 0; i < landscapes.size(); i++) {
            svg.append("<g transform=\"translate(%d %d)\">%n"
                    .formatted(i % COLUMNS * PANEL_WIDTH, LEGEND + i / COLUMNS * PANEL_HEIGHT));
            panel(landscapes.get(i), svg);
            svg.append("</g>\n");
        }
        return svg.append("</svg>\n").toString();
    }

    private void legend(StringBuilder svg) {
        int x = LEFT;
        for (int i = 0; i < comparison.searches().size(); i++) {
            Style style = STYLES.get(i % STYLES.size());
            svg.append("<path d=\"M%d 22h34\" stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\"/>%n"
                    .formatted(x, style.colour(), style.dashes()));
            svg.append("<text x=\"%d\" y=\"26\">%s</text>%n"
                    .formatted(x + 40, comparison.searches().get(i)));
            x += 125;
        }
        svg.append(
                "<text x=\"%d\" y=\"26\">median of %d seeds, with quartiles</text>%n".formatted(x, comparison.seeds()));
    }

    private void panel(Landscape landscape, StringBuilder svg) {
        svg.append("<text x=\"%d\" y=\"18\" font-weight=\"bold\">%s</text>%n"
                .formatted(LEFT, landscape.kernel().name()));
        for (int tick :
                TRIAL_TICKS.stream().filter(t -> t <= comparison.trials()).toList()) {
            svg.append("<path d=\"M%s %dV%d\" stroke=\"#e4e4e4\"/>%n"
                    .formatted(number(x(tick)), TOP, PANEL_HEIGHT - BOTTOM));
            svg.append("<text x=\"%s\" y=\"%d\" text-anchor=\"middle\" font-size=\"11\">%d</text>%n"
                    .formatted(number(x(tick)), PANEL_HEIGHT - BOTTOM + 15, tick));
        }
        for (double tick : TIME_TICKS) {
            svg.append("<path d=\"M%d %sH%d\" stroke=\"#e4e4e4\"/>%n"
                    .formatted(LEFT, number(y(tick)), PANEL_WIDTH - RIGHT));
            svg.append("<text x=\"%d\" y=\"%s\" text-anchor=\"end\" font-size=\"11\">%.1f</text>%n"
                    .formatted(LEFT - 6, number(y(tick) + 4), tick));
        }
        svg.append("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">trials</text>%n"
                .formatted((LEFT + PANEL_WIDTH - RIGHT) / 2, PANEL_HEIGHT - 10));
        svg.append(("<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">time / best</text>%n")
                .formatted((TOP + PANEL_HEIGHT - BOTTOM) / 2));
        for (int i = 0; i < comparison.searches().size(); i++) {
            curve(comparison.result(landscape, comparison.searches().get(i)), STYLES.get(i % STYLES.size()), svg);
        }
    }

    private void curve(Comparison.Result result, Style style, StringBuilder svg) {
        StringBuilder line = new StringBuilder();
        StringBuilder upper = new StringBuilder();
        StringBuilder lower = new StringBuilder();
        for (int trial = 1; trial <= comparison.trials(); trial++) {
            Distribution relative = result.after(trial);
            String x = number(x(trial));
            line.append(trial == 1 ? "M" : "L").append(x).append(' ').append(number(y(relative.median())));
            upper.append(trial == 1 ? "M" : "L").append(x).append(' ').append(number(y(relative.q3())));
            lower.insert(0, "L" + x + " " + number(y(relative.q1())));
        }
        svg.append("<path d=\"%s%sZ\" fill=\"%s\" fill-opacity=\"0.13\"/>%n".formatted(upper, lower, style.colour()));
        svg.append(("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>%n")
                .formatted(line, style.colour(), style.dashes()));
    }

    /** Trials on a logarithmic scale: what happens first matters most. */
    private double x(int trial) {
        double share = Math.log(trial) / Math.log(Math.max(2, comparison.trials()));
        return LEFT + share * (PANEL_WIDTH - LEFT - RIGHT);
    }

    private static double y(double relative) {
        double share = (Math.clamp(relative, 1, SLOWEST) - 1) / (SLOWEST - 1);
        return PANEL_HEIGHT - BOTTOM - share * (PANEL_HEIGHT - TOP - BOTTOM);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
