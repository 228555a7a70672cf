package dev.woodpecker.runtime.onnx.schema;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;

/** The table of ONNX's operators, {@code operators.txt}. */
public final class OperatorSchemas {

    public static final int OLDEST_OPSET = 6;
    public static final int NEWEST_OPSET = 28;

    private static final Map<String, OperatorSchema> TABLE = load();

    private OperatorSchemas() {}

    private static Map<String, OperatorSchema> load() {
        try (InputStream resource = OperatorSchemas.class.getResourceAsStream("operators.txt")) {
            if (resource == null) {
                throw new IllegalStateException("operators.txt is missing beside " + OperatorSchemas.class);
            }
            return SchemaReader.read(new String(resource.readAllBytes(), UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** ONNX's own operator of this name. */
    public static Optional<OperatorSchema> find(String operator) {
        return Optional.ofNullable(TABLE.get(operator));
    }

    /** All operators by name. */
    public static Map<String, OperatorSchema> all() {
        return TABLE;
    }
}
