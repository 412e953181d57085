# Chuyên gia: hồ sơ của chính mình, trang công khai, danh sách.
experts-title = Chuyên gia
experts-about = Những người tự giới thiệu chuyên môn của mình và đồng ý công khai. Họ tự chịu trách nhiệm về điều mình khai; ban quản lý không xác nhận thay.
experts-search = Tìm theo từ, lĩnh vực, tỉnh
experts-none = Chưa có chuyên gia nào công khai hồ sơ. Nếu bạn có chuyên môn muốn giúp người khác, hãy là người đầu tiên.
expert-kind = Chuyên gia
expert-demonstration = Người này là minh họa, không có thật.
expert-facts = Làm việc
expert-everywhere = Cả nước
expert-page = Xem trang như người khác thấy
expert-own-title = Hồ sơ chuyên gia của tôi
expert-own-about = Cho người khác biết bạn giỏi việc gì và điều gì chứng tỏ. Không bắt buộc. Hồ sơ chỉ công khai khi bạn đồng ý, và bạn rút lại lúc nào cũng được.
expert-who = Bạn là ai
expert-who-about = E-mail của bạn không bao giờ hiện công khai.
expert-able = Chuyên môn
expert-able-about = Mỗi chuyên môn một mục, tối đa 5 mục. Người đọc tin vào điều kiểm chứng được: công trình, năm làm, chứng chỉ, bài báo.
expert-reach = Làm gì, ở đâu, bằng tiếng gì
expert-reach-about = Dùng để ghép bạn với nhu cầu phù hợp.
expert-other-language = Bản tiếng Anh
expert-other-language-about = Không bắt buộc. Dịch những phần đã viết ở trên; lưu trước khi dịch phần mới thêm.
field-expert-name = Họ tên muốn hiển thị
field-expert-party = Tổ chức của bạn
field-expert-orcid = Mã ORCID
field-expert-expertise = Chuyên môn
field-expert-what = Giỏi việc gì
field-expert-evidence = Điều gì chứng tỏ
field-expert-services = Việc nhận làm
field-expert-languages = Ngôn ngữ làm việc
field-expert-regions = Nơi nhận làm
hint-field-expert-name = Có thể kèm học hàm, học vị, ví dụ: TS. Nguyễn Văn A.
hint-field-expert-party = Chỉ chọn được tổ chức mà bạn là thành viên đã xác nhận. Khi bạn rời tổ chức, tên tổ chức tự mất khỏi hồ sơ.
hint-field-expert-orcid = 16 ký tự, ví dụ 0000-0002-1825-0097.
hint-field-expert-regions = Không chọn nghĩa là cả nước.
expert-state-draft = Hồ sơ chưa công khai; chỉ bạn thấy.
expert-state-published = Hồ sơ đang công khai. Những gì bạn lưu sẽ hiện ngay cho mọi người.
expert-state-withdrawn = Bạn đã rút hồ sơ; chỉ bạn còn thấy.
expert-consented-on = Bạn đã đồng ý lúc { $time }.
expert-publication = Công khai hồ sơ
expert-missing = Trước khi công khai, hồ sơ còn thiếu:
expert-publish-about = Hãy đọc kỹ. Phiên bản văn bản và thời điểm bạn đồng ý được ghi lại.
expert-agree = Tôi đã đọc và đồng ý.
expert-agree-first = Hãy đọc và đánh dấu đồng ý trước khi công khai.
expert-publish = Công khai hồ sơ
expert-withdraw-about = Rút lại sự đồng ý thì hồ sơ mất ngay khỏi trang công khai, kết quả tìm kiếm và danh sách gợi ý. Nội dung vẫn được giữ cho riêng bạn.
expert-withdraw = Rút hồ sơ
expert-did-save = Đã lưu hồ sơ.
expert-did-publish = Hồ sơ đã công khai.
expert-did-withdraw = Đã rút hồ sơ; không ai khác còn thấy.
expert-stale = Hồ sơ vừa được sửa ở một cửa sổ khác sau khi bạn mở trang. Những gì bạn gõ vẫn còn ở đây; nếu bấm lưu lần nữa, nội dung này sẽ thay cho nội dung kia.
expert-stale-publish = Hồ sơ vừa được sửa ở một cửa sổ khác. Hãy xem lại nội dung dưới đây rồi đồng ý lần nữa.
# Văn bản đồng ý, mỗi phiên bản một số. Văn bản cũ giữ nguyên vì đã có người đồng ý.
expert-consent-1 = Tôi đồng ý cho Không gian công khai hồ sơ chuyên gia này: họ tên, phần giới thiệu, chuyên môn và bằng chứng, việc nhận làm, ngôn ngữ, nơi làm việc, mã ORCID và tên tổ chức tôi đã chọn.
    Mục đích: để cơ quan, doanh nghiệp, hợp tác xã và người dân tìm thấy tôi, và để hệ thống gợi ý tôi cho nhu cầu phù hợp. Ai cũng xem được, kể cả máy tìm kiếm trên mạng.
    Nội dung tôi sửa sau này cũng được công khai theo sự đồng ý này. E-mail và thông tin tài khoản của tôi không được công khai.
    Tôi rút lại sự đồng ý được lúc nào cũng được, ngay trên trang này; khi đó hồ sơ không còn công khai nữa. Việc rút lại không làm sai những gì đã diễn ra trước đó.
# Chuyên gia và tổ chức phù hợp với một tin.
counterparts-experts-need = Chuyên gia có thể giúp
counterparts-experts-offer = Chuyên gia liên quan
counterparts-experts-about = Xét theo chuyên môn, lĩnh vực và nơi nhận làm mà chuyên gia tự khai; mỗi người kèm lý do.
counterparts-experts-none = Chưa có chuyên gia nào phù hợp.
counterparts-parties-need = Tổ chức có thể đáp ứng
counterparts-parties-offer = Tổ chức có thể quan tâm
counterparts-parties-about = Xét theo năng lực, thiết bị và điều tổ chức đang quan tâm; mỗi tổ chức kèm lý do.
counterparts-parties-none = Chưa có tổ chức nào phù hợp.
counterparts-all = Xem cả { $count }
counterparts-matches = Tin phù hợp
counterparts-list = Danh sách
