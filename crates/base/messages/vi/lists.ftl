# Lists and tables: how long ago, files to take away, sorting, marks of what is missing.
ago-now = vừa xong
ago-minutes = { $count } phút trước
ago-hours = { $count } giờ trước
ago-yesterday = hôm qua
ago-days = { $count } ngày trước
hit-updated = cập nhật
hit-published = đăng
hit-joined = tham gia
list-csv = Tải về CSV
column-code = Mã
column-kind = Loại tin
column-party = Đơn vị
column-parties = Các bên
staff-event-from = Từ ngày
staff-event-to = Đến ngày
staff-not-a-day = Hãy chọn ngày, như 2026-11-24.
