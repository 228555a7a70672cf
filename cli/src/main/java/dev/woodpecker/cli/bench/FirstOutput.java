package dev.woodpecker.cli.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** What both programs of the start-up comparison have in common; nothing but Java's own classes, so that these count alike. */
final class FirstOutput {
    private FirstOutput() {}

    static int[] shape(String text) {
        String[] extents = text.split("x", -1);
        int[] shape = new int[extents.length];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = Integer.parseInt(extents[axis]);
        }
        return shape;
    }

    static ByteBuffer read(String file) {
        try {
            byte[] bytes = Files.readAllBytes(Path.of(file));
            return ByteBuffer.allocateDirect(bytes.length)
                    .order(ByteOrder.nativeOrder())
                    .put(bytes)
                    .flip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The line that is waited for: the index of the greatest element, which both programs must agree on. */
    static void tell(ByteBuffer floats) {
        int best = 0;
        for (int i = 1; i < floats.remaining() / Float.BYTES; i++) {
            if (floats.getFloat(i * Float.BYTES) > floats.getFloat(best * Float.BYTES)) {
                best = i;
            }
        }
        System.out.println("output " + best);
    }
}
