package dev.woodpecker.cli.layers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A two-dimensional convolution.
 *
 * @param batch images
 * @param window its height and width, like {@code strides} and {@code dilations}
 * @param pads before the height and the width, and then after them
 * @param result height and width of the result
 * @param uses how often each model has it
 */
public record ConvolutionLayer(
        int batch,
        int channels,
        List<Integer> map,
        int filters,
        List<Integer> window,
        List<Integer> strides,
        List<Integer> pads,
        List<Integer> dilations,
        int groups,
        List<Integer> result,
        Map<String, Integer> uses) {
    /** The columns of a file of layers. */
    static final String HEADER =
            "N,C,H,W,K,R,S,strideH,strideW,padT,padL,padB,padR,dilH,dilW,group,outH,outW,megaMACs,uses";

    private static final int NUMBERS = 18;
    private static final int COLUMNS = 20;

    public ConvolutionLayer {
        map = List.copyOf(map);
        window = List.copyOf(window);
        strides = List.copyOf(strides);
        pads = List.copyOf(pads);
        dilations = List.copyOf(dilations);
        result = List.copyOf(result);
        uses = Collections.unmodifiableMap(new LinkedHashMap<>(uses));
        boolean positive =
                Stream.of(map, window, strides, dilations).flatMap(List::stream).allMatch(number -> number > 0);
        if (!positive
                || batch < 1
                || groups < 1
                || channels % groups != 0
                || filters % groups != 0
                || pads.stream().anyMatch(pad -> pad < 0)
                || !result.equals(List.of(
                        extent(0, map, window, strides, pads, dilations),
                        extent(1, map, window, strides, pads, dilations)))) {
            throw new IllegalArgumentException("no convolution: " + channels + " channels of " + map + " to " + filters
                    + " of " + result + " by " + window + ", strides " + strides + ", pads " + pads + ", dilations "
                    + dilations + ", groups " + groups);
        }
    }

    private static int extent(
            int axis,
            List<Integer> map,
            List<Integer> window,
            List<Integer> strides,
            List<Integer> pads,
            List<Integer> dilations) {
        int reach = dilations.get(axis) * (window.get(axis) - 1) + 1;
        return (map.get(axis) + pads.get(axis) + pads.get(axis + 2) - reach) / strides.get(axis) + 1;
    }

    /**
     * One line of a file of layers.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static ConvolutionLayer parse(String line) {
        String[] columns = line.split(",", -1);
        if (columns.length != COLUMNS) {
            throw new IllegalArgumentException("a layer has " + COLUMNS + " columns, " + HEADER + "; not " + line);
        }
        List<Integer> n = new ArrayList<>();
        for (int i = 0; i < NUMBERS; i++) {
            n.add(Integer.parseInt(columns[i].strip()));
        }
        Map<String, Integer> uses = new LinkedHashMap<>();
        for (String use : columns[NUMBERS + 1].strip().split(" +")) {
            int colon = use.lastIndexOf(':');
            if (colon > 0) {
                uses.put(use.substring(0, colon), Integer.parseInt(use.substring(colon + 1)));
            }
        }
        return new ConvolutionLayer(
                n.get(0),
                n.get(1),
                n.subList(2, 4),
                n.get(4),
                n.subList(5, 7),
                n.subList(7, 9),
                n.subList(9, 13),
                n.subList(13, 15),
                n.get(15),
                n.subList(16, 18),
                uses);
    }

    /** As {@link #parse} reads it. */
    public String line() {
        List<Object> columns = new ArrayList<>(List.of(batch, channels));
        columns.addAll(map);
        columns.add(filters);
        Stream.of(window, strides, pads, dilations).forEach(columns::addAll);
        columns.add(groups);
        columns.addAll(result);
        columns.add(String.format(java.util.Locale.ROOT, "%.3f", multiplyAdds() * 1e-6));
        columns.add(uses.entrySet().stream()
                .map(use -> use.getKey() + ":" + use.getValue())
                .collect(Collectors.joining(" ")));
        return columns.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    public long multiplyAdds() {
        return (long) batch
                * filters
                * result.get(0)
                * result.get(1)
                * (channels / groups)
                * window.get(0)
                * window.get(1);
    }

    /** In all models. */
    int useCount() {
        return uses.values().stream().mapToInt(Integer::intValue).sum();
    }

    public boolean isDepthwise() {
        return groups == channels && groups > 1;
    }

    /** The same used by more models. */
    ConvolutionLayer withUses(Map<String, Integer> more) {
        return new ConvolutionLayer(
                batch, channels, map, filters, window, strides, pads, dilations, groups, result, more);
    }

    /** {@code 64x56x56 -> 64x56x56, 3x3}. */
    public String text() {
        String text = channels + "x" + times(map) + " -> " + filters + "x" + times(result) + ", " + times(window);
        text += strides.equals(List.of(1, 1)) ? "" : " stride " + times(strides);
        text += dilations.equals(List.of(1, 1)) ? "" : " dilation " + times(dilations);
        return text + (groups == 1 ? "" : " groups " + groups) + (batch == 1 ? "" : " batch " + batch);
    }

    private static String times(List<Integer> pair) {
        return pair.get(0) + "x" + pair.get(1);
    }
}
